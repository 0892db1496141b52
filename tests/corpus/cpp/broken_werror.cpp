#include <bits/stdc++.h>
int main() {
  int unused = 3;
  std::vector<int> v(2);
  for (int i = 0; i < v.size(); ++i) v[i] = i;
}
