#include <bits/stdc++.h>
#include <iostream>
#include <vector>
#include <bits/stdc++.h>
using namespace std;
int main() {
  vector<string> words{"again", "and", "again"};
  set<string> unique_words(words.begin(), words.end());
  copy(unique_words.begin(), unique_words.end(), ostream_iterator<string>(cout, "\n"));
}
