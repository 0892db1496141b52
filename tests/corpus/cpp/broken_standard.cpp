#include <bits/stdc++.h>
using namespace std;
int main() {
  optional<int> o = 5;
  if (auto [a, b] = pair(1, 2); a < b) cout << *o << endl;
}
