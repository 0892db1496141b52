#include <bits/stdc++.h>
#pragma GCC optimize("O3,unroll-loops")
#pragma GCC target("sse4.2,popcnt")
using namespace std;

int main() {
  vector<unsigned> bits(1 << 16);
  iota(bits.begin(), bits.end(), 1u);
  long long total = 0;
  for (unsigned b : bits) total += __builtin_popcount(b * 2654435761u);
  sort(bits.begin(), bits.end(), [](unsigned a, unsigned b) { return make_pair(__builtin_popcount(a), a) < make_pair(__builtin_popcount(b), b); });
  cout << total << ' ' << bits[bits.size() / 2] << endl;
}
