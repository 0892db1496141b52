#include <bits/stdc++.h>
template <typename T> requires std::integral<T> T half(T x) { return x / 2; }
int main() { std::cout << half(2.5) << '\n'; }
