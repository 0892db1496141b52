#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "output/output.h"
#include "store/store.h"

namespace engine {

// Removes finished submissions by age and by total size, rows and outputs, on one thread; and what
// lost attempts have put out.
class Retention {
 public:
  struct Options {
    std::chrono::seconds age;
    Bytes bytes;
    std::chrono::seconds interval;
  };

  // The ports and the clock outlive it.
  Retention(Store& store, Output& output, const Clock& clock, Options options);

  void start();
  void stop();  // Joins the thread.

  // Looks again soon, once a second at most: the store says that it has no room.
  void wake();

  // Removes what attempts other than the one that counts have put out; tried again at every pass
  // until it works. Waits for a disk; from any thread.
  void tidy(const SubmissionId& id);

  // One pass, in small batches, so that other writes get their turn. Called by the thread.
  void sweep(const std::stop_token& stop);

 private:
  void loop(const std::stop_token& stop);
  void remove(std::vector<SubmissionId> ids);
  Status keep_what_counts(const SubmissionId& id);

  Store& store_;
  Output& output_;
  const Clock& clock_;
  const Options options_;
  std::vector<SubmissionId> unremoved_;  // Gone from the store, their outputs not yet.
  std::mutex mutex_;                     // Guards the rest.
  std::vector<SubmissionId> untidy_;
  std::condition_variable_any bell_;
  bool woken_ = false;
  std::jthread thread_;
};

}  // namespace engine
