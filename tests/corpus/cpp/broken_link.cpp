#include <bits/stdc++.h>
int defined_nowhere(int x);
int main() { std::cout << defined_nowhere(3) << '\n'; }
