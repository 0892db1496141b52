#include <array>
#include <iostream>
using namespace std;

constexpr int kSize = 12;
using Grid = array<array<bool, kSize>, kSize>;

int around(const Grid& g, int r, int c) {
  int n = 0;
  for (int dr = -1; dr <= 1; ++dr)
    for (int dc = -1; dc <= 1; ++dc)
      if (dr || dc) n += g[(r + dr + kSize) % kSize][(c + dc + kSize) % kSize];
  return n;
}

int main() {
  Grid g{};
  g[1][2] = g[2][3] = g[3][1] = g[3][2] = g[3][3] = true;
  for (int step = 0; step < 20; ++step) {
    Grid next{};
    for (int r = 0; r < kSize; ++r)
      for (int c = 0; c < kSize; ++c) {
        const int n = around(g, r, c);
        next[r][c] = n == 3 || (n == 2 && g[r][c]);
      }
    g = next;
  }
  for (auto& row : g) {
    for (bool cell : row) cout << (cell ? '#' : '.');
    cout << '\n';
  }
}
