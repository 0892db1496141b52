#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "store/store.h"

namespace engine {

// Removes finished submissions by age and by total size, on one thread. Their outputs are then
// owed, and Removals' to remove: a place that is away does not let the store grow.
class Retention {
 public:
  struct Options {
    std::chrono::seconds age;
    Bytes bytes;
    std::chrono::seconds interval;
    // Told what the store has removed; an error: nobody knows. On the thread of the sweep.
    std::function<void(const Result<std::vector<SubmissionId>>&)> on_expired;
  };

  // Both outlive it.
  Retention(Store& store, const Clock& clock, Options options);

  void start();
  void stop();  // Joins the thread.

  // Looks again soon, once a second at most: the store says that it has no room.
  void wake();

  // One pass, in small batches, so that other writes get their turn. Called by the thread.
  void sweep(const std::stop_token& stop);

 private:
  void loop(const std::stop_token& stop);

  Store& store_;
  const Clock& clock_;
  const Options options_;
  std::mutex mutex_;  // Guards the rest.
  std::condition_variable_any bell_;
  bool woken_ = false;
  std::jthread thread_;
};

}  // namespace engine
