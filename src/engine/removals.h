#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "output/output.h"
#include "store/store.h"

namespace engine {

// Removes outputs that nobody wants: what the store says is owed, and what attempts that do not
// count have put out late. It has a thread of its own, since a place that hangs holds it up for
// minutes, and nobody is to wait for that.
class Removals {
 public:
  struct Options {
    std::chrono::seconds interval;  // Between two passes, unless it is woken.
  };

  // Both outlive it.
  Removals(Store& store, Output& output, Options options);

  void start();
  void stop();  // Joins the thread; what was asked for is removed before, unless that fails.

  // More is owed: a pass comes soon. Quick; from any thread.
  void wake();

  // Attempts other than the one that counts may have put something out: it goes at once, or else
  // with the next pass at which that works. Quick; from any thread.
  void soon(const SubmissionId& id);

  // One pass over all that is known to be left. Called by the thread.
  void pass(const std::stop_token& stop);

 private:
  // Whether the place of the outputs seems to be away.
  struct Luck {
    int failures = 0;  // In a row.
    bool is_out() const;
    void note(const Status& removed) { failures = removed ? 0 : failures + 1; }
  };

  void loop(const std::stop_token& stop);
  std::vector<SubmissionId> take_asked(bool left_too);
  void remove_asked(const std::vector<SubmissionId>& ids, const std::stop_token& stop);
  void leave(const SubmissionId& id);
  Status pay_what_is_owed(const std::stop_token& stop);
  Status pay(const std::vector<Debt>& debts, Luck& luck, const std::stop_token& stop);
  Status keep_what_counts(const SubmissionId& id);

  Store& store_;
  Output& output_;
  const Options options_;
  SubmissionId paid_up_to_;  // Where the last pass broke off. The thread's alone.
  std::mutex mutex_;         // Guards the rest.
  std::condition_variable_any bell_;
  std::vector<SubmissionId> asked_;
  std::vector<SubmissionId> left_;  // Could not be removed when it was asked for.
  bool woken_ = false;
  std::jthread thread_;
};

}  // namespace engine
