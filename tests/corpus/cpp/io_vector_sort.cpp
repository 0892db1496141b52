#include <iostream>
#include <vector>
#include <algorithm>
using namespace std;

int main() {
  int n;
  cin >> n;
  vector<int> a(n);
  for (auto& x : a) cin >> x;
  sort(a.rbegin(), a.rend());
  for (int x : a) cout << x << ' ';
  cout << endl;
}
