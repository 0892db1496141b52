#ifndef GEOMETRY_H
#define GEOMETRY_H
#include <bits/stdc++.h>
struct Point { double x, y; };
double area(const std::vector<Point>& p);
double perimeter(const std::vector<Point>& p);
#endif
