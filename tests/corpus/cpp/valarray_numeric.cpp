#include <cmath>
#include <complex>
#include <iostream>
#include <numeric>
#include <valarray>

int main() {
  std::valarray<double> x(11);
  std::iota(std::begin(x), std::end(x), -5.0);
  std::valarray<double> y = x * x - 2.0 * x + 1.0;
  std::cout << y.sum() << ' ' << y.min() << ' ' << std::valarray<double>(y[std::slice(0, 4, 3)]).max() << '\n';
  std::complex<double> z = std::polar(2.0, std::acos(-1.0) / 3);
  std::cout << std::round(z.real() * 1e6) / 1e6 << ' ' << std::norm(z) << ' ' << std::lgamma(10.0) << '\n';
}
