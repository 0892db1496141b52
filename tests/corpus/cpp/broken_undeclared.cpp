#include <bits/stdc++.h>
using namespace std;
int main() {
  vector<int> values{1, 2, 3};
  cout << valeus.size() << endl;
}
