#include <iostream>
#include <vector>

void grow(const std::vector<int>& v) { v.push_back(1); }

int main() {
  std::vector<int> v;
  grow(v);
  std::cout << v.size() << '\n';
}
