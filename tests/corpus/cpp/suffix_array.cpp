#include <bits/stdc++.h>
using namespace std;

vector<int> suffix_array(const string& s) {
  int n = s.size();
  vector<int> sa(n), rank_of(n), next_rank(n);
  iota(sa.begin(), sa.end(), 0);
  for (int i = 0; i < n; ++i) rank_of[i] = s[i];
  for (int k = 1;; k *= 2) {
    auto key = [&](int i) { return make_pair(rank_of[i], i + k < n ? rank_of[i + k] : -1); };
    sort(sa.begin(), sa.end(), [&](int a, int b) { return key(a) < key(b); });
    next_rank[sa[0]] = 0;
    for (int i = 1; i < n; ++i) next_rank[sa[i]] = next_rank[sa[i - 1]] + (key(sa[i - 1]) < key(sa[i]));
    rank_of = next_rank;
    if (rank_of[sa[n - 1]] == n - 1) return sa;
  }
}

int main() {
  string s;
  getline(cin, s);
  auto sa = suffix_array(s);
  int n = s.size();
  vector<int> rank_of(n), lcp(n);
  for (int i = 0; i < n; ++i) rank_of[sa[i]] = i;
  for (int i = 0, h = 0; i < n; ++i) {
    if (rank_of[i] == 0) { h = 0; continue; }
    int j = sa[rank_of[i] - 1];
    while (i + h < n && j + h < n && s[i + h] == s[j + h]) ++h;
    lcp[rank_of[i]] = h;
    if (h) --h;
  }
  long long distinct = 1LL * n * (n + 1) / 2 - accumulate(lcp.begin(), lcp.end(), 0LL);
  int at = max_element(lcp.begin(), lcp.end()) - lcp.begin();
  cout << distinct << '\n' << s.substr(sa[at], lcp[at]) << '\n';
}
