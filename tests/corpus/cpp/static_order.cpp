#include <bits/stdc++.h>
using namespace std;

struct Loud {
  const char* name;
  Loud(const char* n) : name(n) { cout << "make " << name << '\n'; }
  ~Loud() { cout << "drop " << name << '\n'; }
};
static Loud first("first");
map<int, string> table = {{1, "one"}, {2, "two"}};
inline Loud second("second");
Loud& lazy() { static Loud l("lazy"); return l; }
thread_local Loud per_thread("per thread");

int main() {
  lazy();
  cout << table.at(2) << ' ' << per_thread.name << '\n';
  thread([] { cout << per_thread.name << " again\n"; }).join();
}
