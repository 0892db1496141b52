#include <bits/stdc++.h>
using namespace std;

vector<int> z_function(string_view s) {
  vector<int> z(s.size());
  for (int i = 1, l = 0, r = 0; i < (int)s.size(); ++i) {
    if (i < r) z[i] = min(r - i, z[i - l]);
    while (i + z[i] < (int)s.size() && s[z[i]] == s[i + z[i]]) ++z[i];
    if (i + z[i] > r) l = i, r = i + z[i];
  }
  return z;
}

vector<int> prefix_function(string_view s) {
  vector<int> p(s.size());
  for (size_t i = 1; i < s.size(); ++i) {
    int j = p[i - 1];
    while (j && s[i] != s[j]) j = p[j - 1];
    p[i] = j + (s[i] == s[j]);
  }
  return p;
}

int main() {
  string a, b;
  cin >> a >> b;
  string both = a + '#' + b;
  auto z = z_function(both);
  auto p = prefix_function(both);
  int by_z = count(z.begin(), z.end(), (int)a.size());
  int by_p = count(p.begin(), p.end(), (int)a.size());
  assert(by_z == by_p);
  cout << by_z << '\n';
  for (size_t i = a.size() + 1; i < both.size(); ++i)
    if (z[i] == (int)a.size()) cout << i - a.size() << ' ';
  cout << endl;
}
