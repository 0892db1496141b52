#include <bits/stdc++.h>
using namespace std;
#ifdef __OPTIMIZE__
#error built with optimisation
#endif
int main() {
  deque<int> d;
  for (int i = 0; i < 10; ++i) i % 2 ? d.push_back(i) : d.push_front(i);
  stack<int, vector<int>> s;
  for (int x : d) s.push(x);
  while (!s.empty()) cout << s.top() << ' ', s.pop();
  cout << '\n';
}
