#include <iostream>
/* This comment is never closed.
#include <vector>
int main() { std::cout << "x"; }
