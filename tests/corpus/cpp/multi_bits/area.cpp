#include <bits/stdc++.h>
#include "geometry.h"
double area(const std::vector<Point>& p) {
  double twice = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const Point &a = p[i], &b = p[(i + 1) % p.size()];
    twice += a.x * b.y - a.y * b.x;
  }
  return std::abs(twice) / 2;
}
