#include <bits/stdc++.h>
#define int long long
using namespace std;

struct Fenwick {
  vector<int> t;
  Fenwick(int n) : t(n + 1) {}
  void add(int i, int d) { for (++i; i < (int)t.size(); i += i & -i) t[i] += d; }
  int get(int i) { int s = 0; for (++i; i; i -= i & -i) s += t[i]; return s; }
};

signed main() {
  int n;
  cin >> n;
  vector<int> a(n);
  for (auto& x : a) cin >> x;
  auto b = a;
  sort(b.begin(), b.end());
  b.erase(unique(b.begin(), b.end()), b.end());
  Fenwick f(b.size());
  int inversions = 0;
  for (int i = n - 1; i >= 0; --i) {
    int at = lower_bound(b.begin(), b.end(), a[i]) - b.begin();
    if (at) inversions += f.get(at - 1);
    f.add(at, 1);
  }
  cout << inversions << "\n";
}
