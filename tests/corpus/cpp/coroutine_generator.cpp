#include <bits/stdc++.h>

template <typename T>
class Generator {
 public:
  struct promise_type {
    T value;
    Generator get_return_object() { return Generator(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(T v) { value = v; return {}; }
    void return_void() {}
    void unhandled_exception() { throw; }
  };
  explicit Generator(std::coroutine_handle<promise_type> h) : handle_(h) {}
  Generator(const Generator&) = delete;
  ~Generator() { handle_.destroy(); }
  std::optional<T> next() {
    handle_.resume();
    if (handle_.done()) return std::nullopt;
    return handle_.promise().value;
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

Generator<long> collatz(long n) {
  while (n != 1) {
    co_yield n;
    n = n % 2 ? 3 * n + 1 : n / 2;
  }
  co_yield 1;
}

int main() {
  auto steps = collatz(27);
  long count = 0, most = 0;
  while (auto v = steps.next()) ++count, most = std::max(most, *v);
  std::cout << count << ' ' << most << '\n';
}
