#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

int main() {
  int n = 0;
  if (std::scanf("%d", &n) != 1) return 1;
  std::vector<std::vector<double>> a(n, std::vector<double>(n + 1));
  for (auto& row : a)
    for (double& v : row)
      if (std::scanf("%lf", &v) != 1) return 1;
  for (int c = 0; c < n; ++c) {
    int best = c;
    for (int r = c; r < n; ++r)
      if (std::fabs(a[r][c]) > std::fabs(a[best][c])) best = r;
    std::swap(a[c], a[best]);
    for (int r = 0; r < n; ++r) {
      if (r == c) continue;
      const double f = a[r][c] / a[c][c];
      for (int k = c; k <= n; ++k) a[r][k] -= f * a[c][k];
    }
  }
  for (int r = 0; r < n; ++r) std::printf("%.4f\n", a[r][n] / a[r][r]);
}
