#include <iostream>
#include "vector"
// A file of the program's own has the name of a standard header.
int main() { std::cout << mine::vector{}.size() << '\n'; }
