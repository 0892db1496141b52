#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace engine {

// One thread for small jobs that may wait for a disk and that whoever noticed them must not: the
// store's callback thread, above all.
class Errands {
 public:
  explicit Errands(std::size_t most_waiting = 10'000) : most_waiting_(most_waiting) {}

  void start();
  void stop();  // Does what still waits, then joins the thread.

  // False when too much waits, or after stop(): the job is not done.
  [[nodiscard]] bool post(std::function<void()> job);

 private:
  void loop();

  const std::size_t most_waiting_;
  std::mutex mutex_;  // Guards jobs_ and closed_.
  std::condition_variable bell_;
  std::deque<std::function<void()>> jobs_;
  bool closed_ = false;
  std::jthread thread_;
};

}  // namespace engine
