#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace engine::postgres {

// Threads that tell callers how their writes went, apart from those that commit: a caller may take
// a moment, for a round trip to a queue say, and the next commit does not wait for it.
class Reporter {
 public:
  using Report = std::function<void()>;

  explicit Reporter(int threads);
  ~Reporter();  // Ends when everything is reported.

  void post(Report report);
  void post(std::vector<Report> reports);

 private:
  void run();

  std::mutex mutex_;  // Guards all below.
  std::condition_variable arrival_;
  std::deque<Report> waiting_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace engine::postgres
