#include <bits/stdc++.h>
using namespace std;

int main() {
  vector<int> v(3);
  cout << "before" << endl;
  cout << v.at(3) << endl;
}
