#include <bits/stdc++.h>
using namespace std;
struct Thing { int v; };
int main() {
  set<Thing> things;
  things.insert({1});
  sort(things.begin(), things.end());
}
