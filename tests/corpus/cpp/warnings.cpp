#include <bits/stdc++.h>
using namespace std;
int classify(int x) {
  int unused;
  if (x = 3) return 1;
  switch (x) {
    case 1: x = 2;
    case 2: return x;
  }
}
int main() {
  vector<int> v(3);
  for (int i = 0; i < v.size(); ++i) v[i] = classify(i);
  printf("%ld\n", v[0]);
}
