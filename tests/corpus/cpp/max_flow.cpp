// Dinic's algorithm
#include <bits/stdc++.h>
using namespace std;

class Dinic {
  struct Edge { int to; long long cap; };
  vector<Edge> edges;
  vector<vector<int>> graph;
  vector<int> level, it;

  bool bfs(int s, int t) {
    fill(level.begin(), level.end(), -1);
    level[s] = 0;
    queue<int> q({s});
    while (q.size()) {
      int u = q.front(); q.pop();
      for (int id : graph[u])
        if (edges[id].cap > 0 && level[edges[id].to] < 0)
          level[edges[id].to] = level[u] + 1, q.push(edges[id].to);
    }
    return level[t] >= 0;
  }
  long long dfs(int u, int t, long long pushed) {
    if (u == t || !pushed) return pushed;
    for (int& i = it[u]; i < (int)graph[u].size(); ++i) {
      int id = graph[u][i], v = edges[id].to;
      if (level[v] != level[u] + 1) continue;
      if (long long got = dfs(v, t, min(pushed, edges[id].cap))) {
        edges[id].cap -= got, edges[id ^ 1].cap += got;
        return got;
      }
    }
    return 0;
  }

 public:
  explicit Dinic(int n) : graph(n), level(n), it(n) {}
  void add(int a, int b, long long cap) {
    graph[a].push_back(edges.size()), edges.push_back({b, cap});
    graph[b].push_back(edges.size()), edges.push_back({a, 0});
  }
  long long flow(int s, int t) {
    long long total = 0;
    while (bfs(s, t)) {
      fill(it.begin(), it.end(), 0);
      while (long long got = dfs(s, t, LLONG_MAX)) total += got;
    }
    return total;
  }
};

int main() {
  const int n = 200;
  Dinic d(n);
  unsigned x = 12345;
  auto next = [&] { return x = x * 1664525u + 1013904223u, x >> 8; };
  for (int i = 0; i < 3000; ++i) {
    int a = next() % n, b = next() % n;
    if (a != b) d.add(a, b, next() % 100);
  }
  cout << d.flow(0, n - 1) << endl;
}
