#define WHAT <sstream>
#include WHAT
#include <iostream>
#if __has_include(<optional>)
#include <optional>
#endif
int main() {
  std::ostringstream out;
  out << std::optional<int>(5).value();
  std::cout << out.str() << '\n';
}
