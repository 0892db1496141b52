#include <bits/stdc++.h>
using namespace std;

int main() {
  const regex entry(R"re((\w+)\s*=\s*("([^"]*)"|\d+))re");
  map<string, string> values;
  for (string line; getline(cin, line);) {
    smatch m;
    if (regex_search(line, m, entry)) values[m[1]] = m[3].matched ? m[3].str() : m[2].str();
  }
  for (auto& [k, v] : values) cout << k << " -> " << v << '\n';
  cout << regex_replace(string("2024-05-17"), regex("(\\d+)-(\\d+)-(\\d+)"), "$3.$2.$1") << '\n';
}
