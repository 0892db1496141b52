#include <bits/stdc++.h>
using namespace std;
#define X first
#define Y second
using pt = pair<long long, long long>;

long long cross(pt o, pt a, pt b) { return (a.X - o.X) * (b.Y - o.Y) - (a.Y - o.Y) * (b.X - o.X); }

vector<pt> hull(vector<pt> p) {
  sort(p.begin(), p.end());
  p.erase(unique(p.begin(), p.end()), p.end());
  if (p.size() < 3) return p;
  vector<pt> h(2 * p.size());
  size_t k = 0;
  for (size_t i = 0; i < p.size(); h[k++] = p[i++])
    while (k >= 2 && cross(h[k - 2], h[k - 1], p[i]) <= 0) k--;
  for (size_t i = p.size() - 1, t = k + 1; i-- > 0; h[k++] = p[i])
    while (k >= t && cross(h[k - 2], h[k - 1], p[i]) <= 0) k--;
  h.resize(k - 1);
  return h;
}

int main() {
  int n;
  cin >> n;
  vector<pt> p(n);
  for (auto& [x, y] : p) cin >> x >> y;
  auto h = hull(p);
  long long twice = 0;
  double around = 0;
  for (size_t i = 0; i < h.size(); ++i) {
    pt a = h[i], b = h[(i + 1) % h.size()];
    twice += a.X * b.Y - a.Y * b.X;
    around += hypot(a.X - b.X, a.Y - b.Y);
  }
  cout << h.size() << ' ' << twice / 2.0 << ' ' << fixed << setprecision(6) << around << '\n';
}
