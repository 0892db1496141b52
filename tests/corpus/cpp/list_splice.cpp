#include <iostream>
#include <iterator>
#include <list>
using namespace std;

int main() {
  list<int> a{5, 1, 4}, b{9, 2};
  a.sort();
  b.sort();
  a.merge(b);
  a.splice(a.begin(), a, next(a.begin(), 3));
  a.remove_if([](int x) { return x % 2 == 0; });
  copy(a.begin(), a.end(), ostream_iterator<int>(cout, " "));
  cout << b.size() << endl;
}
