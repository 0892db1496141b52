#include <bits/stdc++.h>
using namespace std;
expected<int, string> half(int x) {
  if (x % 2) return unexpected("odd: " + to_string(x));
  return x / 2;
}
struct Grid {
  array<int, 12> cells{};
  int& operator[](size_t r, size_t c) { return cells[r * 4 + c]; }
};
int main() {
  Grid g;
  g[2, 3] = 7;
  for (int x : {8, 7}) {
    if (auto h = half(x)) cout << *h << '\n';
    else cout << h.error() << '\n';
  }
  cout << g.cells.back() << ' ' << string("contains").contains("tain") << ' ' << to_underlying(memory_order::relaxed) << '\n';
}
