#include <bits/stdc++.h>
using namespace std;

class Big {
 public:
  Big(unsigned long long v = 0) { do { d_.push_back(v % kBase); } while (v /= kBase); }
  Big& operator*=(uint32_t f) {
    uint64_t carry = 0;
    for (auto& d : d_) {
      carry += 1ULL * d * f;
      d = carry % kBase;
      carry /= kBase;
    }
    if (carry) d_.push_back(carry);
    return *this;
  }
  Big& operator+=(const Big& o) {
    if (d_.size() < o.d_.size()) d_.resize(o.d_.size());
    uint32_t carry = 0;
    for (size_t i = 0; i < d_.size(); ++i) {
      carry += d_[i] + (i < o.d_.size() ? o.d_[i] : 0);
      d_[i] = carry % kBase;
      carry /= kBase;
    }
    if (carry) d_.push_back(carry);
    return *this;
  }
  auto operator<=>(const Big& o) const {
    if (auto c = d_.size() <=> o.d_.size(); c != 0) return c;
    return lexicographical_compare_three_way(d_.rbegin(), d_.rend(), o.d_.rbegin(), o.d_.rend());
  }
  friend ostream& operator<<(ostream& out, const Big& b) {
    out << b.d_.back();
    for (auto it = next(b.d_.rbegin()); it != b.d_.rend(); ++it) out << setw(9) << setfill('0') << *it;
    return out;
  }

 private:
  static constexpr uint32_t kBase = 1'000'000'000;
  vector<uint32_t> d_;
};

int main() {
  Big factorial = 1, a = 0, b = 1;
  for (int i = 2; i <= 100; ++i) factorial *= i;
  for (int i = 0; i < 500; ++i) {
    Big c = a;
    c += b;
    a = exchange(b, c);
  }
  cout << factorial << '\n' << a << '\n' << (a < b) << (factorial > a) << '\n';
}
