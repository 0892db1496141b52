/* Directives in every odd dress that the language allows. */ # /* here */ include <iostream>
#include \
  <vector>
%:include <string>
#include <map> /* a comment that
ends here */
  #   include	<set>	// tabs
int main() {
  std::set<std::string> s{"b", "a"};
  std::map<int, std::vector<int>> m{{1, {2, 3}}};
  std::cout << *s.begin() << m[1][1] << '\n';
}
