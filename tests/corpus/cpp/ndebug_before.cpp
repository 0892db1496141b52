#define NDEBUG
#include <bits/stdc++.h>
int main() {
  int seen = 0;
  assert(++seen > 100);
  std::cout << "asserted " << seen << " times\n";
}
