#include <iostream>
// <cmath>'s overloads are not asked for: abs() of a double is what <cstdlib> or nothing gives.
int main() {
  double x = -2.5;
  std::cout << std::abs(x) << ' ' << std::max(3, 4) << '\n';
}
