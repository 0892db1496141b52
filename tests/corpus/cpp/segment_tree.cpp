#include <bits/stdc++.h>
using namespace std;

template <typename T, typename Merge>
class SegmentTree {
 public:
  SegmentTree(int n, T neutral, Merge merge) : n_(n), neutral_(neutral), merge_(merge), tree_(2 * n, neutral) {}
  void set(int i, T value) {
    for (tree_[i += n_] = value; i > 1; i /= 2) tree_[i / 2] = merge_(tree_[i & ~1], tree_[i | 1]);
  }
  T query(int l, int r) const {  // [l, r)
    T left = neutral_, right = neutral_;
    for (l += n_, r += n_; l < r; l /= 2, r /= 2) {
      if (l & 1) left = merge_(left, tree_[l++]);
      if (r & 1) right = merge_(tree_[--r], right);
    }
    return merge_(left, right);
  }

 private:
  int n_;
  T neutral_;
  Merge merge_;
  vector<T> tree_;
};

int main() {
  const int n = 1000;
  auto sum = [](long long a, long long b) { return a + b; };
  auto most = [](int a, int b) { return max(a, b); };
  SegmentTree<long long, decltype(sum)> sums(n, 0, sum);
  SegmentTree<int, decltype(most)> tops(n, INT_MIN, most);
  mt19937 random(42);
  for (int i = 0; i < n; ++i) {
    int value = int(random() % 2001) - 1000;
    sums.set(i, value);
    tops.set(i, value);
  }
  long long mix = 0;
  for (int round = 0; round < 10000; ++round) {
    int l = random() % n, r = random() % n;
    if (l > r) swap(l, r);
    mix = mix * 31 + sums.query(l, r + 1) + tops.query(l, r + 1);
  }
  cout << mix << endl;
}
