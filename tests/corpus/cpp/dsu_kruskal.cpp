/*
  Minimum spanning forest, by Kruskal with a disjoint set union.
*/
#include<bits/stdc++.h>
using namespace std;
#define rep(i, a, b) for (int i = (a); i < (b); ++i)
#define all(x) (x).begin(), (x).end()

struct Dsu {
  vector<int> parent;
  explicit Dsu(int n) : parent(n, -1) {}
  int find(int v) { return parent[v] < 0 ? v : parent[v] = find(parent[v]); }
  bool join(int a, int b) {
    a = find(a), b = find(b);
    if (a == b) return false;
    if (parent[a] > parent[b]) swap(a, b);
    parent[a] += parent[b];
    parent[b] = a;
    return true;
  }
  int size(int v) { return -parent[find(v)]; }
};

int main() {
  int n, m;
  scanf("%d %d", &n, &m);
  vector<array<int, 3>> edges(m);
  for (auto& [w, a, b] : edges) scanf("%d %d %d", &a, &b, &w);
  sort(all(edges));
  Dsu dsu(n + 1);
  long long total = 0;
  int used = 0;
  rep(i, 0, m) {
    auto [w, a, b] = edges[i];
    if (dsu.join(a, b)) total += w, ++used;
  }
  printf("%lld %d %d\n", total, used, dsu.size(1));
}
