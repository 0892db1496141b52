#include <bits/stdc++.h>
using namespace std;
int main() {
  vector<int> v(10);
  iota(v.begin(), v.end(), 0);
  int* p = v.data();
  cout << "sum " << accumulate(v.begin(), v.end(), 0) << endl;
  cout << p[v.size()] << endl;
}
