#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/doorbell.h"
#include "base/result.h"
#include "queue/bullmq_wire.h"
#include "queue/redis_pool.h"

namespace engine::bullmq {

// Brings jobs to the threads that wait for them, with one waiting connection for all: one thread
// leads, waiting for BullMQ's marker and then taking a job; the others sleep, until it is their
// turn to lead, or until the end of some job has brought them the next one in the same round trip.
class Taker {
 public:
  struct Options {
    Milliseconds lock{0};
    std::string worker;
    std::string connection_name;  // By which Node's Queue.getWorkers() knows a worker.
  };

  // Everything outlives it.
  Taker(redis::Pool& pool, const Wire& wire, Options options, const Clock& clock);

  // As Queue::take().
  Result<Job> take(Milliseconds patience);

  // Who would have the next job: one who sleeps, or the caller, if it comes back for it and nobody
  // else takes. Then deliver() is to follow, with the reply of the script that was asked to take
  // it, or without one.
  enum class Heir { kNobody, kSleeper, kCaller };
  Heir reserve(bool comes_back);
  void deliver(const redis::Reply& reply, const std::string& token);
  void wake();  // Those who were given something; to follow a number of deliveries.

  // Gives the lock on a job back, and the job to whoever comes first; does not wait for it.
  void put_back(const Job& job);

  void close();

 private:
  using Lock = std::unique_lock<std::mutex>;

  // One who waits, on the stack of its thread. Whoever rings has taken it from the list, and has a
  // job for it, or the lead; or the queue is closed.
  struct Sleeper {
    std::optional<Job> job;
    bool leads = false;
    Chime::Bell bell;
  };

  // Releases the lock, and has it again unless it gives a job.
  std::optional<Job> sleep(Lock& lock, SteadyTime deadline, bool& leads);
  bool is_promised() const;  // A job comes for whoever comes back next.
  void resign(Lock& lock);   // Releases the lock. Another leads, if anybody needs it.
  Sleeper* choose_leader();  // To be rung. nullptr: nobody is to lead, or somebody does.
  Sleeper* pop_sleeper();    // nullptr: there is none.

  // With the lock held, which they release while they wait. Nothing: there is no job yet.
  Result<std::optional<Job>> lead(Lock& lock, SteadyTime deadline);
  Status wait_for_mark(Lock& lock, SteadyTime deadline);
  Status connect(Lock& lock);

  bool is_due() const;  // A delayed job is.
  Milliseconds time_to_wait(SteadyTime deadline) const;
  void note(const Next& next);
  void send_back(const Job& job);  // Counted as returning already.

  redis::Pool& pool_;
  const Wire& wire_;
  const Options options_;
  const Clock& clock_;
  const std::string name_;  // First part of every token.
  std::atomic<std::uint64_t> tokens_ = 0;

  std::mutex mutex_;                 // Guards the rest.
  std::condition_variable changed_;  // It is closed, or nothing is on its way back.
  Chime chime_;
  std::shared_ptr<redis::Connection> line_;  // The leader's; close() interrupts it.
  // None, unless somebody leads or each is promised a job.
  std::vector<Sleeper*> sleepers_;
  std::size_t reserved_ = 0;   // How many jobs are promised, to them or to who comes back.
  std::size_t returning_ = 0;  // How many jobs are on their way back to the queue.
  SteadyTime limited_until_;
  std::int64_t next_delayed_ = 0;  // Unix milliseconds; 0: none is known.
  bool is_led_ = false;
  bool is_drained_ = false;  // The last look found no job.
  bool is_closed_ = false;
};

}  // namespace engine::bullmq
