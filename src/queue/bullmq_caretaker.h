#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "queue/bullmq_leases.h"
#include "queue/bullmq_wire.h"
#include "queue/redis_pool.h"

namespace engine::bullmq {

// What has to be done beside the calls, on one thread: looking for jobs whose worker was lost, as
// every BullMQ worker does; sending progress and log; reaching Redis again when it was away.
class Caretaker {
 public:
  struct Options {
    Milliseconds stalled_interval{0};
    int most_stalled = 0;
    std::function<void()> on_worker_lost;
  };

  // Everything outlives it.
  Caretaker(redis::Pool& pool, const Wire& wire, Leases& leases, Options options,
            const Clock& clock);

  void start();
  void stop();  // Joins the thread.

  // From any thread: there is something to send; Redis is away.
  void ring();

  // Somebody has set how many jobs all workers together may have at once. Then the end of a job
  // makes room for another that no marker announces.
  bool has_concurrency_limit() const { return has_concurrency_limit_; }

 private:
  void loop(const std::stop_token& stop);
  void reconnect();
  void work();
  void look_around();
  void send_notes();

  redis::Pool& pool_;
  const Wire& wire_;
  Leases& leases_;
  const Options options_;
  const Clock& clock_;
  std::atomic<bool> has_concurrency_limit_ = false;

  SteadyTime next_check_;  // These four are the thread's own.
  SteadyTime next_look_;
  SteadyTime next_try_;
  Milliseconds pause_{0};

  std::mutex mutex_;  // Guards is_rung_.
  std::condition_variable_any bell_;
  bool is_rung_ = false;
  std::jthread thread_;
};

// The commands that send these notes.
std::vector<redis::Command> commands_of(const Wire& wire, const Leases::Notes& notes);

}  // namespace engine::bullmq
