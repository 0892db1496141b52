#include <iostream>
#include <no_such_header>
#include <vector>
int main() { std::cout << "never\n"; }
