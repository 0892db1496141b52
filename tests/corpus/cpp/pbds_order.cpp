#include <bits/stdc++.h>
#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/tree_policy.hpp>
using namespace std;
using namespace __gnu_pbds;

template <typename T>
using ordered_set = tree<T, null_type, less<T>, rb_tree_tag, tree_order_statistics_node_update>;

int main() {
  ordered_set<pair<int, int>> window;
  int n, k;
  cin >> n >> k;
  vector<int> a(n);
  for (int i = 0; i < n; ++i) {
    cin >> a[i];
    window.insert({a[i], i});
    if (i >= k) window.erase({a[i - k], i - k});
    if (i >= k - 1) cout << window.find_by_order((k - 1) / 2)->first << ' ';
  }
  cout << '\n' << window.order_of_key({6, 0}) << '\n';
}
