#include <bits/stdc++.h>
int twice(int);
int main() { std::cout << twice(4) << '\n'; }
