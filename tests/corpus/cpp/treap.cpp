#include <bits/stdc++.h>
using namespace std;

mt19937_64 rng(2024);

struct Node {
  int key;
  uint64_t priority = rng();
  int size = 1;
  unique_ptr<Node> left, right;
  explicit Node(int k) : key(k) {}
};
using Tree = unique_ptr<Node>;

int size_of(const Tree& t) { return t ? t->size : 0; }
void update(Tree& t) { if (t) t->size = 1 + size_of(t->left) + size_of(t->right); }

pair<Tree, Tree> split(Tree t, int key) {
  if (!t) return {};
  if (t->key < key) {
    auto [a, b] = split(move(t->right), key);
    t->right = move(a);
    update(t);
    return {move(t), move(b)};
  }
  auto [a, b] = split(move(t->left), key);
  t->left = move(b);
  update(t);
  return {move(a), move(t)};
}

Tree merge(Tree a, Tree b) {
  if (!a) return b;
  if (!b) return a;
  if (a->priority > b->priority) {
    a->right = merge(move(a->right), move(b));
    update(a);
    return a;
  }
  b->left = merge(move(a), move(b->left));
  update(b);
  return b;
}

int kth(const Tree& t, int k) {
  int left = size_of(t->left);
  if (k < left) return kth(t->left, k);
  return k == left ? t->key : kth(t->right, k - left - 1);
}

int main() {
  Tree root;
  for (int i = 0; i < 20000; ++i) {
    int key = rng() % 1000000;
    auto [a, b] = split(move(root), key);
    root = merge(merge(move(a), make_unique<Node>(key)), move(b));
  }
  auto [low, rest] = split(move(root), 250000);
  auto [middle, high] = split(move(rest), 750000);
  cout << size_of(low) << ' ' << size_of(middle) << ' ' << size_of(high) << '\n';
  for (int k : {0, 10, 100, 1000}) cout << kth(middle, k) << ' ';
  cout << endl;
}
