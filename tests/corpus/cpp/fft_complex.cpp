#include <bits/stdc++.h>
using namespace std;
using cd = complex<double>;

void fft(vector<cd>& a, bool invert) {
  int n = a.size();
  if (n == 1) return;
  vector<cd> even(n / 2), odd(n / 2);
  for (int i = 0; 2 * i < n; i++) even[i] = a[2 * i], odd[i] = a[2 * i + 1];
  fft(even, invert);
  fft(odd, invert);
  double angle = 2 * acos(-1.0) / n * (invert ? -1 : 1);
  cd w(1), step(cos(angle), sin(angle));
  for (int i = 0; 2 * i < n; i++, w *= step) {
    a[i] = even[i] + w * odd[i];
    a[i + n / 2] = even[i] - w * odd[i];
    if (invert) a[i] /= 2, a[i + n / 2] /= 2;
  }
}

int main() {
  string s, t;
  cin >> s >> t;
  vector<cd> a(s.rbegin(), s.rend()), b(t.rbegin(), t.rend());
  for (auto& x : a) x -= '0';
  for (auto& x : b) x -= '0';
  size_t n = 1;
  while (n < a.size() + b.size()) n *= 2;
  a.resize(n), b.resize(n);
  fft(a, false), fft(b, false);
  for (size_t i = 0; i < n; i++) a[i] *= b[i];
  fft(a, true);
  vector<int> digits(n + 1);
  for (size_t i = 0; i < n; i++) {
    digits[i] += (int)round(a[i].real());
    digits[i + 1] += digits[i] / 10;
    digits[i] %= 10;
  }
  while (digits.size() > 1 && digits.back() == 0) digits.pop_back();
  for (auto it = digits.rbegin(); it != digits.rend(); ++it) cout << *it;
  cout << '\n';
}
