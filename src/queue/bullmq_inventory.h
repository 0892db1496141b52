#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "queue/bullmq_wire.h"
#include "queue/queue.h"
#include "queue/redis_pool.h"

namespace engine::bullmq {

// What is in the queue: adding, looking, counting, taking out. The calls are those of Queue.
class Inventory {
 public:
  // Everything outlives it.
  Inventory(redis::Pool& pool, const Wire& wire, std::size_t capacity, const Clock& clock);

  Status push(const Queue::Item& item);
  Status remove(const SubmissionId& submission);
  Result<std::vector<Queue::Place>> look(const std::vector<SubmissionId>& submissions);
  Queue::Counts counts();

  // Which job a stranger's submission came with, for every process to know until it is over.
  Status remember_stranger(const SubmissionId& submission, const std::string& job);
  redis::Command forget_stranger(const SubmissionId& submission) const;

 private:
  Status push_exactly(const Queue::Item& item);
  Status add(const Queue::Item& item);
  Status add_anew(const Queue::Item& item);
  Result<Queue::Place::Kind> kind_of(const std::string& job);
  Result<std::optional<std::string>> strangers_job(const SubmissionId& submission);
  Result<Queue::Counts> count();
  Result<std::optional<Milliseconds>> age_of(const std::string& job);

  redis::Pool& pool_;
  const Wire& wire_;
  const std::size_t capacity_;
  const Clock& clock_;
  const std::string strangers_;             // The key: a hash from submission to job.
  std::atomic<bool> has_strangers_ = true;  // Until Redis says that there are none.

  std::mutex gate_;                       // Held by pushes that need to know the exact count.
  std::atomic<std::int64_t> held_ = 0;    // About how many wait or are delayed, and
  std::atomic<bool> is_counted_ = false;  // whether that is known at all.
  std::atomic<unsigned> pushes_ = 0;

  std::mutex counting_;  // Held while counting; guards the next two.
  std::optional<SteadyTime> counted_at_;
  Queue::Counts counts_;
};

}  // namespace engine::bullmq
