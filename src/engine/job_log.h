#pragma once

#include <string>

#include "domain/outcome.h"
#include "engine/engine.h"
#include "engine/runs.h"
#include "queue/queue.h"

namespace engine {

// What people read in the log of a job, in bull-board for instance: a line for each step of an
// attempt, a dozen at most. Only of a queue that others see. Costs no request of its own: the lines
// go with the progress, or with the end of the lease.
class JobLog {
 public:
  // Both outlive it.
  JobLog(Queue& queue, const EngineOptions& options);

  void begun(const Run& run, int attempt) const;
  void ended(const Run& run, const Outcome& outcome) const;
  void note(const Run& run, const std::string& line) const;

 private:
  Queue& queue_;
  const EngineOptions& options_;
  const std::string worker_;
};

}  // namespace engine
