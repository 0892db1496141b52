#include <bits/stdc++.h>
using namespace std;

static long allocations = 0;
void* operator new(size_t n) { ++allocations; if (void* p = malloc(n)) return p; throw bad_alloc(); }
void operator delete(void* p) noexcept { free(p); }
void operator delete(void* p, size_t) noexcept { free(p); }

int main() {
  {
    vector<string> v;
    v.reserve(10);
    for (int i = 0; i < 10; ++i) v.push_back(string(40, char('a' + i)));
    list<int> l{1, 2, 3};
    auto shared = make_shared<int>(5);
  }
  printf("%ld\n", allocations);
}
