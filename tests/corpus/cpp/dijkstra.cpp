#include <bits/stdc++.h>
using namespace std;

using ll = long long;
const ll INF = LLONG_MAX / 4;

int main() {
  ios::sync_with_stdio(false);
  cin.tie(nullptr);
  int n, m;
  cin >> n >> m;
  vector<vector<pair<int, ll>>> graph(n);
  for (int i = 0; i < m; ++i) {
    int a, b;
    ll w;
    cin >> a >> b >> w;
    graph[a - 1].push_back({b - 1, w});
    graph[b - 1].push_back({a - 1, w});
  }
  vector<ll> dist(n, INF);
  vector<int> from(n, -1);
  priority_queue<pair<ll, int>, vector<pair<ll, int>>, greater<>> queue;
  dist[0] = 0;
  queue.push({0, 0});
  while (!queue.empty()) {
    auto [d, u] = queue.top();
    queue.pop();
    if (d > dist[u]) continue;
    for (auto [v, w] : graph[u]) {
      if (dist[v] > d + w) {
        dist[v] = d + w;
        from[v] = u;
        queue.push({dist[v], v});
      }
    }
  }
  if (dist[n - 1] == INF) {
    cout << -1 << '\n';
    return 0;
  }
  vector<int> path;
  for (int v = n - 1; v != -1; v = from[v]) path.push_back(v + 1);
  reverse(path.begin(), path.end());
  cout << dist[n - 1] << '\n';
  for (size_t i = 0; i < path.size(); ++i) cout << path[i] << " \n"[i + 1 == path.size()];
}
