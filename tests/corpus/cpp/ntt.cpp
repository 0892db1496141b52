#include <bits/stdc++.h>
using namespace std;
typedef unsigned long long ull;
static const int MOD = 998244353, G = 3;

int power(int b, int e) {
  long long r = 1, x = b;
  while (e) { if (e & 1) r = r * x % MOD; x = x * x % MOD; e >>= 1; }
  return (int)r;
}

void transform(vector<int>& a, bool back) {
  int n = (int)a.size();
  for (int i = 1, j = 0; i < n; ++i) {
    int bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) swap(a[i], a[j]);
  }
  for (int len = 2; len <= n; len <<= 1) {
    int w = power(G, (MOD - 1) / len);
    if (back) w = power(w, MOD - 2);
    for (int i = 0; i < n; i += len) {
      long long f = 1;
      for (int j = 0; j < len / 2; ++j) {
        int u = a[i + j], v = (int)(a[i + j + len / 2] * f % MOD);
        a[i + j] = u + v < MOD ? u + v : u + v - MOD;
        a[i + j + len / 2] = u - v >= 0 ? u - v : u - v + MOD;
        f = f * w % MOD;
      }
    }
  }
  if (back) {
    int inv = power(n, MOD - 2);
    for (int& x : a) x = (int)(1LL * x * inv % MOD);
  }
}

int main() {
  const int n = 1 << 15;
  vector<int> a(2 * n), b(2 * n);
  for (int i = 0; i < n; ++i) a[i] = i * 37 % 1009, b[i] = (i * i + 5) % 997;
  transform(a, false);
  transform(b, false);
  for (int i = 0; i < 2 * n; ++i) a[i] = (int)(1LL * a[i] * b[i] % MOD);
  transform(a, true);
  ull hash = 0;
  for (int x : a) hash = hash * 1000003 + x;
  cout << a[0] << ' ' << a[n] << ' ' << hash << '\n';
}
