#include <bits/stdc++.h>
using namespace std;
int main() {
  int n = 5
  cout << n << endl;
}
