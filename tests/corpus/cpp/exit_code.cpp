#include <bits/stdc++.h>
using namespace std;

struct Farewell {
  ~Farewell() { cout << "destroyed" << endl; }
} farewell;

int main(int argc, char**) {
  atexit([] { puts("at exit"); });
  if (argc == 1) exit(7);
}
