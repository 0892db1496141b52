#include <bits/stdc++.h>
using namespace std;
static_assert(__cplusplus == 201703L);
optional<int> parse(string_view s) {
  int v;
  auto [p, ec] = from_chars(s.data(), s.data() + s.size(), v);
  if (ec != errc() || p != s.data() + s.size()) return nullopt;
  return v;
}
template <typename T> string kind(const T&) {
  if constexpr (is_integral_v<T>) return "integral";
  else if constexpr (is_floating_point_v<T>) return "floating";
  else return "other";
}
int main() {
  vector<string> in{"12", "x", "7 ", "-5"};
  int sum = 0;
  for (auto& s : in) if (auto v = parse(s); v) sum += *v;
  any a = 3.5;
  map<string, int> m;
  auto [it, fresh] = m.insert_or_assign("k", 1);
  cout << sum << ' ' << kind(1) << kind(1.0) << kind("") << ' ' << any_cast<double>(a) << fresh << it->second << ' ' << gcd(12, 18) << '\n';
  const vector<int> three{1, 2, 3};
  cout << clamp(15, 0, 10) << ' ' << reduce(three.begin(), three.end()) << endl;
}
