#include <bits/stdc++.h>
#ifndef STEP
#define STEP 0
#endif
#if STEP == 0
#undef STEP
#define STEP 1
#include __FILE__
int main() { std::cout << twice(21) << '\n'; }
#elif STEP == 1
#undef STEP
#define STEP 2
int twice(int x) { return 2 * x; }
#endif
