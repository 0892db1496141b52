#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/engine.h"
#include "engine/errands.h"
#include "engine/hub.h"
#include "engine/in_flight.h"
#include "engine/job_log.h"
#include "engine/reconciler.h"
#include "engine/removals.h"
#include "engine/retention.h"
#include "engine/runs.h"
#include "runner/runner.h"

namespace engine {

// One try at one submission.
struct Attempt {
  std::shared_ptr<Run> run;
  Record record;  // As it was after the attempt was counted.
};

// Whether the store refuses to end an attempt as it is not, or no longer, the one that counts.
bool is_over(const Error& error);

// How attempts end. Each call settles its run: the store, the queue and the listeners are told,
// and the run is closed, once. Safe from any thread.
class Settlement {
 public:
  // The parts of the engine that it tells.
  struct Parts {
    Hub& hub;
    Runs& runs;
    Errands& answers;  // Of jobs that strangers put into the queue: they may wait for a signature.
    Reconciler& reconciler;
    Retention& retention;
    Removals& removals;
  };

  // Everything outlives it.
  Settlement(const Engine::Ports& ports, const EngineOptions& options, Parts parts);

  // The submission is over. Does not wait for the disk, unless too many finishes are under way.
  void finish(Attempt attempt, Execution execution);

  // As finish(), when the store has the end already.
  void report(Attempt attempt, Outcome outcome, WallTime at);

  // Likewise of an attempt that an earlier life of this process made, which nobody holds a lease
  // of.
  void report(Record record, Outcome outcome, WallTime at);

  // The host lost the attempt: it is tried again after a pause, or was the last.
  void lose(Attempt attempt, const Error& why, LossCause cause);

  // As lose(), of an attempt of an earlier life. An error: the store could not be asked, and
  // nothing has changed.
  Status give_back(const SubmissionId& id, int attempt, const Error& why);

  // As lose(), but nobody is to blame: another worker takes it at once.
  void hand_back(Attempt attempt);

  // The store could not be asked, or the host gave nothing to run in, so nothing was tried: the
  // queue gives the submission out again after a pause.
  void postpone(const std::shared_ptr<Run>& run, const Error& why);

  // The job brought a request along that nobody can run: it fails, without another try. Where the
  // store could not be asked, as postpone().
  void refuse(const std::shared_ptr<Run>& run, const Error& why);

  // This worker lacks the language: another one may have it. Costs no attempt.
  void pass_on(const std::shared_ptr<Run>& run);

  // The submission is over already, or is no longer: nothing of this attempt is to remain.
  void drop(const std::shared_ptr<Run>& run);

  // The lease is lost, and the submission is somebody else's.
  void abandon(const std::shared_ptr<Run>& run);

  // This process ends, and another one is to go on with it: nobody is told.
  void leave(const std::shared_ptr<Run>& run);

  // Outputs of attempts that do not count may be there: they go, soon.
  void sweep_outputs(const SubmissionId& id);

  // Waits until every finish is reported.
  void wait();

  // Why the last attempt here was lost, if that was a short while ago and none has gone well since.
  std::optional<std::string> trouble() const;

 private:
  std::shared_ptr<Record> final_record(Record record, Outcome outcome);
  // On the store's thread: nothing in these three waits for a disk.
  void finished(const std::shared_ptr<Run>& run, const std::shared_ptr<Record>& record,
                WallTime at);
  void announce(const std::shared_ptr<const Record>& record);
  void not_finished(const std::shared_ptr<Run>& run, const Error& why);
  void requeue(Attempt attempt, Milliseconds pause, Queue::Counted counted);
  void return_lease(const std::shared_ptr<Run>& run, Milliseconds pause, Queue::Counted counted);
  void release_lease(const std::shared_ptr<Run>& run, const std::shared_ptr<const Record>& record);
  void end_job(const Run& run, const Record* record);
  std::string answer(const Run& run, const Record* record) const;
  void note_loss(const SubmissionId& id, int attempt, const Error& why, LossCause cause);
  void note_trouble(std::string reason);
  void note_success();

  const Engine::Ports& ports_;
  const EngineOptions& options_;
  const Parts parts_;
  const JobLog log_;
  InFlight finishing_;

  mutable std::mutex mutex_;  // Guards the rest.
  std::string trouble_;
  SteadyTime trouble_at_;
};

}  // namespace engine
