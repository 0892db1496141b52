#include <cstdio>
#include <cstdlib>

int main() {
  std::puts("about to end");
  std::fflush(stdout);
  std::abort();
}
