#include "geometry.h"
double perimeter(const std::vector<Point>& p) {
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const Point &a = p[i], &b = p[(i + 1) % p.size()];
    sum += std::hypot(a.x - b.x, a.y - b.y);
  }
  return sum;
}
