#include <bits/stdc++.h>
using namespace std;

const int N = 2000000;
bitset<N + 1> composite;
int least[N + 1];

int main() {
  vector<int> primes;
  for (int i = 2; i <= N; ++i) {
    if (!composite[i]) primes.push_back(i), least[i] = i;
    for (int p : primes) {
      if (p > least[i] || 1LL * p * i > N) break;
      composite[p * i] = 1;
      least[p * i] = p;
    }
  }
  cout << primes.size() << ' ' << primes.back() << endl;
  int n = 1234567;
  cout << n << " =";
  for (; n > 1; n /= least[n]) cout << ' ' << least[n];
  cout << endl;
}
