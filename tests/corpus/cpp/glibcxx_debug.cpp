#include <bits/stdc++.h>
using namespace std;
int main() {
  vector<int> v{1, 2, 3};
  int at = 3;
  cout << "reading" << endl;
  cout << v[at] << endl;
}
