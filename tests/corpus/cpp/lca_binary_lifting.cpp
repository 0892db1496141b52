#include <bits/stdc++.h>
using namespace std;

int main() {
  constexpr int kNodes = 50000, kLog = 17;
  vector<array<int, kLog>> up(kNodes);
  vector<int> depth(kNodes);
  vector<vector<int>> children(kNodes);
  mt19937 rng(7);
  for (int v = 1; v < kNodes; ++v) children[rng() % v].push_back(v);
  function<void(int, int)> dfs = [&](int v, int parent) {
    up[v][0] = parent;
    for (int j = 1; j < kLog; ++j) up[v][j] = up[up[v][j - 1]][j - 1];
    for (int c : children[v]) depth[c] = depth[v] + 1, dfs(c, v);
  };
  dfs(0, 0);
  auto lca = [&](int a, int b) {
    if (depth[a] < depth[b]) swap(a, b);
    for (int j = kLog - 1; j >= 0; --j)
      if (depth[a] - (1 << j) >= depth[b]) a = up[a][j];
    if (a == b) return a;
    for (int j = kLog - 1; j >= 0; --j)
      if (up[a][j] != up[b][j]) a = up[a][j], b = up[b][j];
    return up[a][0];
  };
  uint64_t mix = 0;
  for (int i = 0; i < 100000; ++i) mix = mix * 6364136223846793005ULL + lca(rng() % kNodes, rng() % kNodes);
  cout << mix << ' ' << *max_element(depth.begin(), depth.end()) << '\n';
}
