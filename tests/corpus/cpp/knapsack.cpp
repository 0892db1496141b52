#include "bits/stdc++.h"
using namespace std;

int main() {
  int n, capacity;
  cin >> n >> capacity;
  vector<int> weight(n), value(n);
  for (int i = 0; i < n; ++i) cin >> weight[i] >> value[i];
  vector<vector<int>> best(n + 1, vector<int>(capacity + 1));
  for (int i = 1; i <= n; ++i)
    for (int c = 0; c <= capacity; ++c) {
      best[i][c] = best[i - 1][c];
      if (c >= weight[i - 1]) best[i][c] = max(best[i][c], best[i - 1][c - weight[i - 1]] + value[i - 1]);
    }
  cout << best[n][capacity] << '\n';
  vector<int> taken;
  for (int i = n, c = capacity; i > 0; --i)
    if (best[i][c] != best[i - 1][c]) taken.push_back(i), c -= weight[i - 1];
  for (int i : taken) cout << i << ' ';
  cout << '\n';
}
