#include <cstdio>
int main() { puts("Hello from stdio"); }
