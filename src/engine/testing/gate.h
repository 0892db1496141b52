#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace engine::testing {

// How long a test waits for what must come; passing it means failure, never success.
inline constexpr std::chrono::seconds kForever{20};

// Waits, without giving an event to wait for, until `holds()`. False: it never did.
template <typename Predicate>
[[nodiscard]] bool eventually(Predicate holds) {
  const auto deadline = std::chrono::steady_clock::now() + kForever;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

// Counts arrivals, and holds whoever wants to pass until it is opened. Safe from any thread.
class Gate {
 public:
  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  // Whoever stands in it gets through first: a test may end right after open(), or without it.
  ~Gate() {
    std::unique_lock lock(mutex_);
    open_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return inside_ == 0; });
  }

  void arrive() {
    const std::lock_guard lock(mutex_);
    ++arrived_;
    changed_.notify_all();
  }

  [[nodiscard]] bool wait_for_arrivals(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kForever, [&] { return arrived_ >= count; });
  }

  int arrived() const {
    const std::lock_guard lock(mutex_);
    return arrived_;
  }

  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

  // False when stopped before the gate was opened.
  bool pass(const std::stop_token& stop = {}) {
    std::unique_lock lock(mutex_);
    ++inside_;
    const bool opened = changed_.wait(lock, stop, [&] { return open_; });
    --inside_;
    changed_.notify_all();
    return opened;
  }

 private:
  mutable std::mutex mutex_;  // Guards the rest.
  std::condition_variable_any changed_;
  int arrived_ = 0;
  int inside_ = 0;
  bool open_ = false;
};

}  // namespace engine::testing
