#include <bits/stdc++.h>
using namespace std;

map<pair<int, int>, int> memo;

int grundy(int rows, int cols) {
  if (rows > cols) swap(rows, cols);
  if (rows == 0) return 0;
  auto [it, fresh] = memo.try_emplace({rows, cols}, 0);
  if (!fresh) return it->second;
  set<int> reach;
  for (int cut = 1; cut < rows; ++cut) reach.insert(grundy(cut, cols) ^ grundy(rows - cut, cols));
  for (int cut = 1; cut < cols; ++cut) reach.insert(grundy(rows, cut) ^ grundy(rows, cols - cut));
  int g = 0;
  while (reach.contains(g)) ++g;
  return memo[{rows, cols}] = g;
}

int main() {
  for (int r = 1; r <= 24; ++r) {
    for (int c = 1; c <= 24; ++c) cout << grundy(r, c) << (c == 24 ? "\n" : " ");
  }
  cout << memo.size() << endl;
}
