#include <bits/stdc++.h>
int twice(int x) { return 2 * y; }
