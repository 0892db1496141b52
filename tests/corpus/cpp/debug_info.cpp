#include <bits/stdc++.h>
using namespace std;
int depth(const string& s) {
  int now = 0, most = 0;
  for (char c : s) {
    if (c == '(') most = max(most, ++now);
    if (c == ')') --now;
  }
  return most;
}
int main() { string s; while (cin >> s) cout << depth(s) << '\n'; }
