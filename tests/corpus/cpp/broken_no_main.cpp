#include <iostream>
int mian() { std::cout << "typo\n"; return 0; }
