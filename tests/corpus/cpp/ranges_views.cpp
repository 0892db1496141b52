#include <bits/stdc++.h>

namespace rv = std::views;

struct Student {
  std::string name;
  int grade;
  double mean;
};

int main() {
  std::vector<Student> students{{"Ada", 3, 1.2}, {"Bo", 1, 3.4}, {"Cy", 2, 2.2}, {"Di", 3, 2.9}, {"Ed", 1, 1.0}};
  std::ranges::sort(students, {}, [](const Student& s) { return std::tuple(s.grade, s.mean); });
  for (const auto& name : students | rv::filter([](auto& s) { return s.mean < 3; }) | rv::transform(&Student::name))
    std::cout << name << ' ';
  std::cout << '\n';
  auto squares = rv::iota(1) | rv::transform([](int x) { return x * x; }) | rv::take_while([](int x) { return x < 200; });
  std::cout << std::accumulate(squares.begin(), std::ranges::next(squares.begin(), 10), 0) << '\n';
  for (int x : squares | rv::reverse | rv::drop(3) | rv::take(4)) std::cout << x << ',';
  std::cout << '\n' << std::ranges::count_if(students, [](int g) { return g == 3; }, &Student::grade) << '\n';
}
