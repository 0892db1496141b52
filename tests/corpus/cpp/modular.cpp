#include <bits/stdc++.h>
using namespace std;

template <unsigned M>
struct Mod {
  unsigned v = 0;
  constexpr Mod(long long x = 0) : v((x %= M) < 0 ? x + M : x) {}
  constexpr Mod& operator+=(Mod o) { v += o.v; if (v >= M) v -= M; return *this; }
  constexpr Mod& operator-=(Mod o) { v += M - o.v; if (v >= M) v -= M; return *this; }
  constexpr Mod& operator*=(Mod o) { v = 1ULL * v * o.v % M; return *this; }
  constexpr Mod pow(long long e) const {
    Mod r = 1, b = *this;
    for (; e; e >>= 1, b *= b) if (e & 1) r *= b;
    return r;
  }
  constexpr Mod inverse() const { return pow(M - 2); }
  friend constexpr Mod operator+(Mod a, Mod b) { return a += b; }
  friend constexpr Mod operator-(Mod a, Mod b) { return a -= b; }
  friend constexpr Mod operator*(Mod a, Mod b) { return a *= b; }
  friend ostream& operator<<(ostream& out, Mod m) { return out << m.v; }
};
using Z = Mod<998244353>;
static_assert((Z(3) * Z(3).inverse()).v == 1);

int main() {
  const int n = 100000;
  vector<Z> fact(n + 1, 1), inv(n + 1, 1);
  for (int i = 1; i <= n; ++i) fact[i] = fact[i - 1] * i;
  inv[n] = fact[n].inverse();
  for (int i = n; i > 0; --i) inv[i - 1] = inv[i] * i;
  auto choose = [&](int a, int b) { return b < 0 || b > a ? Z(0) : fact[a] * inv[b] * inv[a - b]; };
  Z sum = 0;
  for (int k = 0; k <= n; k += 7) sum += choose(n, k);
  cout << sum << ' ' << choose(100000, 50000) << ' ' << Z(2).pow(1000000000000LL) << endl;
}
