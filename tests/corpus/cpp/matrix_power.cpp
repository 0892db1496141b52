#include <bits/stdc++.h>
using namespace std;
#define ll long long
#define forn(i, n) for (int i = 0; i < int(n); i++)
const ll M = 1e9 + 7;
typedef array<array<ll, 3>, 3> Mat;

Mat operator*(const Mat& a, const Mat& b) {
  Mat c{};
  forn(i, 3) forn(j, 3) forn(k, 3) c[i][j] = (c[i][j] + a[i][k] * b[k][j]) % M;
  return c;
}

int main() {
  int t;
  cin >> t;
  while (t--) {
    ll n;
    cin >> n;
    Mat r{}, b{{{1, 1, 1}, {1, 0, 0}, {0, 1, 0}}};
    forn(i, 3) r[i][i] = 1;
    for (; n; n /= 2, b = b * b)
      if (n & 1) r = r * b;
    cout << r[2][0] << "\n";
  }
}
