#include <bits/stdc++.h>
using namespace std;

struct Point { int x, y; bool operator==(const Point&) const = default; };
template <> struct std::hash<Point> {
  size_t operator()(const Point& p) const noexcept { return p.x * 1000003u ^ p.y; }
};
enum class Color { kRed, kGreen };
template <> struct std::less<Color> {
  bool operator()(Color a, Color b) const { return static_cast<int>(a) > static_cast<int>(b); }
};
template <> void std::swap<Point>(Point& a, Point& b) noexcept {
  cout << "swapping\n";
  Point c = a;
  a = b;
  b = c;
}

int main() {
  unordered_map<Point, int> cells;
  for (int i = 0; i < 1000; ++i) cells[{i % 10, i % 7}] += i;
  map<Color, string> names{{Color::kRed, "red"}, {Color::kGreen, "green"}};
  for (auto& [c, n] : names) cout << n << ' ';
  Point a{1, 2}, b{3, 4};
  std::swap(a, b);
  cout << cells.size() << ' ' << cells[{3, 3}] << ' ' << a.x << b.y << '\n';
}
