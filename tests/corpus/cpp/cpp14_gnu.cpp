#include <bits/stdc++.h>
using namespace std;
#if __cplusplus != 201402L
#error wrong standard
#endif
template <typename F> auto twice(F f) { return [f](auto x) { return f(f(x)); }; }
constexpr int gcd_of(int a, int b) { while (b) { int t = a % b; a = b; b = t; } return a; }
int main() {
  auto plus = [](auto x) { return x + x; };
  cout << twice(plus)(3) << ' ' << twice(plus)(string("ab")) << ' ' << gcd_of(84, 36) << ' ' << 0b101'010 << '\n';
  typeof(1 ? 2 : 3.5) mixed = 1.5;
  cout << *make_unique<double>(mixed) * 2 << endl;
}
