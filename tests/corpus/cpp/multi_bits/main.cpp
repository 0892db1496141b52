#include <bits/stdc++.h>
#include "geometry.h"
using namespace std;

int main() {
  vector<Point> square{{0, 0}, {2, 0}, {2, 2}, {0, 2}};
  cout << area(square) << ' ' << perimeter(square) << endl;
}
