#include <bits/stdc++.h>
using namespace std;

struct Node { int value; Node* next; };

int main() {
  Node* volatile list = nullptr;
  cout << "looking" << endl;
  cout << list->next->value << endl;
}
