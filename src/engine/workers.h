#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/admission.h"
#include "engine/deliveries.h"
#include "engine/engine.h"
#include "engine/hub.h"
#include "engine/job_log.h"
#include "engine/runs.h"
#include "engine/settlement.h"
#include "engine/slots.h"

namespace engine {

// The worker threads, one per slot: take, count the attempt, run, keep the output, settle. A thread
// holds its slot only while the submission runs.
class Workers {
 public:
  // Everything outlives it.
  Workers(const Engine::Ports& ports, const EngineOptions& options, const Admission& admission,
          Hub& hub, Runs& runs, Settlement& settlement, Deliveries& deliveries);

  void start();

  // To be called before the queue is closed: what is being taken is still worked on, nothing more.
  void stop_taking();
  void join();

 private:
  void loop(const std::stop_token& stop);
  void work(Queue::Lease lease);
  Status adopt(const Run& run);
  const Languages::Entry* usable(const std::string& language) const;
  Result<Record> begin(const Run& run);
  Result<Execution> execute(const Run& run, const Result<Submission>& loaded, Progress& progress);
  void put_off(const std::shared_ptr<Run>& run, const Error& why);
  Status keep_outputs(const Record& record, Execution& execution);
  void conclude(Attempt attempt, Result<Execution> execution);
  void deliver(Attempt attempt, Execution execution);

  const Engine::Ports& ports_;
  const EngineOptions& options_;
  const Admission& admission_;
  Hub& hub_;
  Runs& runs_;
  Settlement& settlement_;
  Deliveries& deliveries_;
  const JobLog log_;
  Slots slots_;
  std::mutex mutex_;
  std::condition_variable_any bell_;  // Rung by the stop token only.
  std::vector<std::jthread> threads_;
};

}  // namespace engine
