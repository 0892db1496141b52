#pragma GCC optimize("Ofast")
#pragma GCC optimize("unroll-loops")
#include <bits/stdc++.h>
using namespace std;

int main() {
  const int n = 300;
  vector<vector<double>> a(n, vector<double>(n)), b = a, c = a;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) a[i][j] = i + j, b[i][j] = i - j;
  for (int i = 0; i < n; ++i)
    for (int k = 0; k < n; ++k)
      for (int j = 0; j < n; ++j) c[i][j] += a[i][k] * b[k][j];
  cout << (long long)c[10][20] << ' ' << (long long)c[n - 1][n - 1] << endl;
}
