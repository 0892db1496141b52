#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/runs.h"
#include "queue/queue.h"

namespace engine {

// Renews the leases of all runs, on one thread. A run whose lease is lost is told to stop.
class LeaseKeeper {
 public:
  // `runs` and `queue` outlive it.
  LeaseKeeper(Runs& runs, Queue& queue, Milliseconds interval);

  void start();
  void stop();  // Joins the thread.

 private:
  void loop(const std::stop_token& stop);
  void renew_all();

  Runs& runs_;
  Queue& queue_;
  const Milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable_any bell_;  // Rung by the stop token only.
  std::jthread thread_;
};

}  // namespace engine
