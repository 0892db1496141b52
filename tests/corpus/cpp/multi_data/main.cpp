#include <iostream>
#include <numeric>
#include <vector>

int main() {
  const std::vector<int> primes = {
#include "primes.inc"
  };
  std::cout << primes.size() << ' ' << std::accumulate(primes.begin(), primes.end(), 0) << '\n';
}
