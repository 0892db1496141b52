#ifndef LOCAL
#define debug(...) 0
#else
#define debug(...) cerr << __VA_ARGS__
#endif
#include <bits/stdc++.h>
using namespace std;

int main() {
  int n = 10;
  (void)debug(n);
  vector<int> dp(n + 1);
  dp[0] = dp[1] = 1;
  for (int i = 2; i <= n; ++i) dp[i] = dp[i - 1] + dp[i - 2];
  cout << dp[n] << endl;
}
