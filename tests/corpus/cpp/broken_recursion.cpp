#include <bits/stdc++.h>
template <int N> struct Down { static constexpr int value = Down<N - 1>::value + 1; };
int main() { std::cout << Down<10>::value << '\n'; }
