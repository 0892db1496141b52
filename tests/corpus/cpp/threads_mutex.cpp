#include <bits/stdc++.h>
using namespace std;

int main() {
  mutex lock;
  condition_variable turn;
  int now = 0;
  vector<string> said;
  vector<thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      for (int round = 0; round < 3; ++round) {
        unique_lock hold(lock);
        turn.wait(hold, [&] { return now % 4 == i; });
        said.push_back(to_string(i) + ":" + to_string(round));
        ++now;
        turn.notify_all();
      }
    });
  for (auto& t : threads) t.join();
  auto sum = async(launch::async, [&] { return accumulate(said.begin(), said.end(), size_t{0}, [](size_t n, auto& s) { return n + s.size(); }); });
  for (auto& s : said) cout << s << ' ';
  cout << sum.get() << '\n';
}
