#include <iostream>
#include <sstream>
#include <string>
#include <vector>

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream cells(line);
    std::vector<std::string> row;
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
    std::cout << row.size();
    for (auto at = row.rbegin(); at != row.rend(); ++at) std::cout << '|' << *at;
    std::cout << '\n';
  }
}
