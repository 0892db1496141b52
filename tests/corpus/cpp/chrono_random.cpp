#include <chrono>
#include <iostream>
#include <random>
#include <ratio>

int main() {
  using namespace std::chrono_literals;
  std::mt19937 engine(5489u);
  engine.discard(9999);
  std::cout << engine() << '\n';
  std::cout << std::chrono::duration_cast<std::chrono::milliseconds>(1h + 2min + 3s).count() << '\n';
  constexpr auto day = std::chrono::year(2024) / 2 / std::chrono::last;
  std::cout << static_cast<unsigned>(std::chrono::year_month_day(day).day()) << '\n';
  const auto start = std::chrono::steady_clock::now();
  std::cout << (std::chrono::steady_clock::now() >= start) << '\n';
}
