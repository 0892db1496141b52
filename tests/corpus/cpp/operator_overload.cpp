#include <iostream>
#include <numeric>

class Fraction {
 public:
  Fraction(int n, int d = 1) : n_(n / std::gcd(n, d)), d_(d / std::gcd(n, d)) {}
  friend Fraction operator+(Fraction a, Fraction b) { return {a.n_ * b.d_ + b.n_ * a.d_, a.d_ * b.d_}; }
  friend Fraction operator*(Fraction a, Fraction b) { return {a.n_ * b.n_, a.d_ * b.d_}; }
  friend bool operator==(Fraction a, Fraction b) = default;
  friend std::ostream& operator<<(std::ostream& out, Fraction f) {
    out << f.n_;
    return f.d_ == 1 ? out : out << '/' << f.d_;
  }

 private:
  int n_, d_;
};

int main() {
  Fraction sum = 0;
  for (int i = 1; i <= 8; ++i) sum = sum + Fraction(1, i);
  std::cout << sum << ' ' << Fraction(2, 3) * 3 << ' ' << (Fraction(2, 4) == Fraction(1, 2)) << '\n';
}
