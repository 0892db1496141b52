#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/engine.h"
#include "engine/hub.h"
#include "engine/runs.h"
#include "engine/settlement.h"

namespace engine {

// The worker threads, one per slot: take, count the attempt, run, keep the output, settle.
class Workers {
 public:
  // Everything outlives it.
  Workers(const Engine::Ports& ports, const EngineOptions& options, Hub& hub, Runs& runs,
          Settlement& settlement);

  void start();

  // To be called before the queue is closed: what is being taken is still worked on, nothing more.
  void stop_taking();
  void join();

 private:
  void loop(const std::stop_token& stop);
  void work(Queue::Lease lease);
  Result<Record> begin(const Run& run);
  Result<Execution> execute(const Attempt& attempt);
  void conclude(Attempt attempt, Result<Execution> execution);

  const Engine::Ports& ports_;
  const EngineOptions& options_;
  Hub& hub_;
  Runs& runs_;
  Settlement& settlement_;
  std::mutex mutex_;
  std::condition_variable_any bell_;  // Rung by the stop token only.
  std::vector<std::jthread> threads_;
};

}  // namespace engine
