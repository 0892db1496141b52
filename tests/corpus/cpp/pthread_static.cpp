#include <bits/stdc++.h>
using namespace std;
atomic<int> counter;
int main() {
  vector<thread> t;
  for (int i = 0; i < 4; ++i) t.emplace_back([] { for (int j = 0; j < 1000; ++j) ++counter; });
  for (auto& x : t) x.join();
  cout << counter << '\n';
}
