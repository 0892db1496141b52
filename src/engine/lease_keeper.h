#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/runs.h"
#include "queue/queue.h"
#include "store/store.h"

namespace engine {

// Renews the leases of all runs, on one thread. A run whose lease is lost is told to stop, and so
// is one that was cancelled at another process.
class LeaseKeeper {
 public:
  // All outlive it. `shared` is the store that others write to as well; nullptr: nobody does.
  LeaseKeeper(Runs& runs, Queue& queue, Store* shared, Milliseconds interval);

  void start();
  void stop();  // Joins the thread.

 private:
  void loop(const std::stop_token& stop);
  void renew_all();
  void stop_cancelled();

  Runs& runs_;
  Queue& queue_;
  Store* const shared_;
  const Milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable_any bell_;  // Rung by the stop token only.
  std::jthread thread_;
};

}  // namespace engine
