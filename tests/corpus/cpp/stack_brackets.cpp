#include <iostream>
#include <stack>
#include <string>
using namespace std;

bool balanced(const string& s) {
  const string open = "([{", close = ")]}";
  stack<char> waiting;
  for (char c : s) {
    if (open.find(c) != string::npos) waiting.push(c);
    const auto at = close.find(c);
    if (at == string::npos) continue;
    if (waiting.empty() || waiting.top() != open[at]) return false;
    waiting.pop();
  }
  return waiting.empty();
}

int main() {
  string line;
  while (getline(cin, line)) cout << (balanced(line) ? "yes" : "no") << endl;
}
