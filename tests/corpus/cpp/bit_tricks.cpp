#include <bit>
#include <bitset>
#include <cstdint>
#include <iostream>

int main() {
  for (std::uint32_t v : {0u, 1u, 40u, 0xffff0000u}) {
    std::cout << std::bitset<32>(v) << ' ' << std::popcount(v) << ' ' << std::countl_zero(v) << ' '
              << std::bit_ceil(v >> 1) << ' ' << std::rotl(v, 4) << '\n';
  }
  std::cout << std::bit_cast<std::uint32_t>(1.5f) << '\n';
}
