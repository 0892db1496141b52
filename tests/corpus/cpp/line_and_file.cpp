/* What a program can see of its own text must be as it was handed in:
   lines, names, and where an assertion says that it stands. */
#include <bits/stdc++.h>  // the usual
/* between */
#include <experimental/memory_resource>

int main(int, char**) {
  std::cout << __FILE__ << ' ' << __LINE__ << ' ' << __func__ << std::endl;
  auto here = std::source_location::current();
  std::cout << here.line() << ' ' << here.file_name() << std::endl;
#line 100 "renamed.cpp"
  std::cout << __FILE__ << ' ' << __LINE__ << std::endl;
  assert(here.line() == 9);
  assert(!"this stands in line 102");
}
