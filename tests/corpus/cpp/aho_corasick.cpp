#include <bits/stdc++.h>
using namespace std;

struct Node {
  map<char, int> next;
  int link = 0, count = 0;
};

int main() {
  vector<Node> trie(1);
  int k;
  cin >> k;
  for (string word; k-- && cin >> word;) {
    int at = 0;
    for (char c : word) {
      if (!trie[at].next.count(c)) {
        trie[at].next[c] = trie.size();
        trie.emplace_back();
      }
      at = trie[at].next[c];
    }
    ++trie[at].count;
  }
  queue<int> order;
  for (auto& [c, v] : trie[0].next) order.push(v);
  while (!order.empty()) {
    int u = order.front();
    order.pop();
    for (auto [c, v] : trie[u].next) {
      int f = trie[u].link;
      while (f && !trie[f].next.count(c)) f = trie[f].link;
      if (auto it = trie[f].next.find(c); it != trie[f].next.end() && it->second != v) f = it->second;
      trie[v].link = f;
      trie[v].count += trie[f].count;
      order.push(v);
    }
  }
  string text;
  cin >> text;
  long long hits = 0;
  int at = 0;
  for (char c : text) {
    while (at && !trie[at].next.count(c)) at = trie[at].link;
    if (trie[at].next.count(c)) at = trie[at].next[c];
    hits += trie[at].count;
  }
  cout << hits << endl;
}
