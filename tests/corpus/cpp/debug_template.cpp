#include <bits/stdc++.h>
using namespace std;

template <typename A, typename B>
ostream& operator<<(ostream& os, const pair<A, B>& p) { return os << '(' << p.first << ", " << p.second << ')'; }
template <typename C, typename T = enable_if_t<!is_same_v<C, string>, typename C::value_type>>
ostream& operator<<(ostream& os, const C& v) {
  os << '{';
  string sep;
  for (const T& x : v) os << sep << x, sep = ", ";
  return os << '}';
}
void dbg_out() { cerr << endl; }
template <typename Head, typename... Tail>
void dbg_out(Head H, Tail... T) { cerr << ' ' << H; dbg_out(T...); }
#define dbg(...) cerr << "(" << #__VA_ARGS__ << "):", dbg_out(__VA_ARGS__)
#define sz(x) (int)(x).size()
#define pb push_back
#define mp make_pair

int main() {
  vector<pair<int, string>> v;
  v.pb(mp(3, "three")), v.pb(mp(1, "one"));
  map<string, int> groups{{"odd", 13}, {"even", 2}};
  dbg(v, groups, sz(v));
  cout << v << ' ' << groups << ' ' << set<char>{'b', 'a'} << endl;
}
