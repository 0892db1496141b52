#include <bits/stdc++.h>
int main() {
  double sum = 0;
  for (int i = 1; i <= 1000; ++i) sum += 1.0 / (double(i) * i);
  std::printf("%.6f %d\n", sum, int(std::lround(std::exp(std::log(20.0)))));
}
