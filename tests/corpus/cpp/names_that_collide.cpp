#include <iostream>
#include <string>
using namespace std;

// Names that other standard headers would bring into the open.
int clamp = 3;
int lcm[] = {4, 5, 6};
int accumulate = 1, priority_queue = 2, stack = 7, complex = 8, ratio = 9, gcd = 10;
int bind(int x) { return x * 31; }
struct any { int v; };
struct thread { int v; };

int main() {
  any a{1};
  thread t{2};
  cout << clamp + lcm[1] + accumulate + priority_queue + stack + complex + ratio + gcd + bind(2) + a.v + t.v << endl;
}
