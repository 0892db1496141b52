#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "base/units.h"
#include "domain/submission.h"
#include "queue/queue.h"

namespace engine {

// One submission that a worker of this process has taken, from take() until its end is settled.
class Run {
 public:
  // Why a run was told to stop. The first reason stays.
  enum class Stop { kNone, kCancelled, kLeaseLost, kDraining };

  explicit Run(Queue::Lease lease) : lease_(std::move(lease)) {}

  const SubmissionId& id() const { return lease_.submission; }
  const Queue::Ticket& ticket() const { return lease_.ticket; }

  // The request that the job itself brought along; empty where it came through an engine.
  const std::string& request() const { return lease_.request; }

  void stop(Stop reason);
  Stop stopped() const;
  std::stop_token token() const { return source_.get_token(); }

 private:
  friend class Runs;
  const Queue::Lease lease_;
  bool has_run_ = false;  // Guarded by the mutex of Runs.
  std::stop_source source_;
  mutable std::mutex mutex_;  // Guards stopped_.
  Stop stopped_ = Stop::kNone;
};

// The runs of this process. Safe from any thread.
class Runs {
 public:
  // After drain() a run is stopped from the beginning.
  std::shared_ptr<Run> open(Queue::Lease lease);
  void close(const std::shared_ptr<Run>& run);

  // Nothing of it runs any more: what is left is to put its outputs away and to write its end down.
  void note_end(const std::shared_ptr<Run>& run);

  // Stops every run of the submission, and waits until nothing of them runs. The rest may take as
  // long as a place of outputs hangs.
  void stop_and_wait(const SubmissionId& id, Run::Stop reason);

  // Waits until no run is open, for `patience` at most; then stops what is left and returns.
  void drain(Milliseconds patience);

  std::vector<std::shared_ptr<Run>> all() const;
  bool has(const SubmissionId& id) const;
  std::size_t size() const;

 private:
  std::vector<std::shared_ptr<Run>> of(const SubmissionId& id) const;  // With mutex_ held.

  mutable std::mutex mutex_;  // Guards the rest.
  std::condition_variable closed_;
  std::vector<std::shared_ptr<Run>> open_;  // As many as slots and pending finishes: few.
  bool draining_ = false;
};

}  // namespace engine
