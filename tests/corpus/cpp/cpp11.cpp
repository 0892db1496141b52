#include <bits/stdc++.h>
using namespace std;
#if __cplusplus != 201103L || !defined(__STRICT_ANSI__)
#error wrong standard
#endif
template <class T> struct Box { T value; Box(T v) : value(std::move(v)) {} };
int main() {
  Box<string> b("eleven");
  vector<function<int(int)>> steps{[](int x) { return x + 1; }, [](int x) { return x * 2; }};
  int v = 5;
  for (auto& s : steps) v = s(v);
  random_shuffle(steps.begin(), steps.end());
  auto p = unique_ptr<int>(new int(v));
  cout << b.value << ' ' << *p << '\n';
}
