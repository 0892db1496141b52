#pragma once
#include <iostream>
#include <array>
int main() {
  std::array<int, 3> a{1, 2, 3};
  for (int x : a) std::cout << x;
  std::cout << '\n';
}
