#include <algorithm>
#include <iostream>
#include <vector>

int main() {
  std::vector<long long> squares;
  for (long long i = 0; i < 1000; ++i) squares.push_back(i * i);
  for (long long wanted : {0LL, 2LL, 99LL, 998001LL, 1000000LL}) {
    const auto at = std::lower_bound(squares.begin(), squares.end(), wanted);
    std::cout << at - squares.begin() << (at != squares.end() && *at == wanted ? " found\n" : " missing\n");
  }
}
