#define _USE_MATH_DEFINES
#define NUMBER long long
#define EPS 1e-9
#include <bits/stdc++.h>
using namespace std;

int main() {
  NUMBER a, b;
  cin >> a >> b;
  cout << a * b << ' ' << (fabs(M_PI - acos(-1)) < EPS) << '\n';
}
