#include <bits/stdc++.h>
using namespace std;
int main() {
  vector<long> v{3, 1, 2};
  sort(v.begin(), v.end(), greater<>());
  for (size_t i = 0; i < v.size(); ++i) cout << v[i] << '\n';
}
