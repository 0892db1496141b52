namespace early { struct vector { int size = 5; }; }
#include <bits/stdc++.h>
using namespace early;
int main() {
  early::vector mine;
  std::vector<int> theirs(3);
  std::cout << mine.size << ' ' << theirs.size() << '\n';
}
