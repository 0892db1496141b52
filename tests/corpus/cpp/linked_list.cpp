#include <iostream>
using namespace std;

template <typename T>
class List {
  struct Node { T value; Node* next; };
  Node* head = nullptr;
  int count = 0;

 public:
  List() = default;
  List(const List& other) { for (Node* n = other.head; n; n = n->next) append(n->value); }
  List& operator=(List other) { swap(head, other.head); swap(count, other.count); return *this; }
  ~List() { while (head) { Node* n = head; head = head->next; delete n; } }
  void append(T v) {
    Node** at = &head;
    while (*at) at = &(*at)->next;
    *at = new Node{v, nullptr};
    ++count;
  }
  void reverse() {
    Node* done = nullptr;
    while (head) { Node* n = head; head = head->next; n->next = done; done = n; }
    head = done;
  }
  friend ostream& operator<<(ostream& o, const List& l) {
    for (Node* n = l.head; n; n = n->next) o << n->value << (n->next ? " -> " : "");
    return o << " [" << l.count << "]";
  }
};

int main() {
  List<int> a;
  for (int i = 1; i <= 5; ++i) a.append(i * i);
  List<int> b = a;
  b.reverse();
  a = b;
  a.append(0);
  cout << a << endl << b << endl;
}
