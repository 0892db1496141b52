#include <iostream>
#include <map>
using namespace std;

map<int, unsigned long long> known;

unsigned long long fibonacci(int n) {
  if (n < 2) return n;
  auto found = known.find(n);
  if (found != known.end()) return found->second;
  return known[n] = fibonacci(n - 1) + fibonacci(n - 2);
}

int main() {
  for (int n : {1, 10, 50, 90}) cout << n << ": " << fibonacci(n) << endl;
}
