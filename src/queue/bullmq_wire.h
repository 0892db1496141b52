#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "queue/bullmq_job.h"
#include "queue/queue.h"
#include "queue/redis_command.h"

namespace engine::bullmq {

// The commands by which a BullMQ queue is spoken to, as Node's BullMQ sends them. No state, no I/O.
class Wire {
 public:
  Wire(std::string prefix, std::string queue);

  // A key of the queue, or of one of its jobs.
  std::string key(std::string_view suffix) const;

  // The job of one of our submissions.
  redis::Command add(const Queue::Item& item, WallTime now) const;

  // Takes the next job, if there is one; read it with read_next().
  redis::Command fetch(const std::string& token, Milliseconds lock, const std::string& worker,
                       WallTime now) const;

  struct End {
    bool is_completed = true;
    std::string text;  // The result as JSON, or the reason.
    KeepJobs keep;
    bool takes_next = false;  // With the same token; read it with read_next().
  };
  redis::Command finish(const Job& job, const End& end, Milliseconds lock,
                        const std::string& worker, WallTime now) const;

  // Back to where it waited, before its equals; no attempt is counted.
  redis::Command put_back(const Job& job) const;
  redis::Command retry(const Job& job, WallTime now) const;  // Counts an attempt.
  redis::Command delay(const Job& job, Milliseconds delay, Queue::Counted counted,
                       WallTime now) const;
  redis::Command extend_lock(const Job& job, Milliseconds lock) const;
  redis::Command recover_stalled(int most_stalled, Milliseconds interval, WallTime now) const;
  redis::Command progress(const Job& job, const std::string& json) const;
  redis::Command log(const Job& job, const std::string& line) const;
  redis::Command state(const std::string& id) const;
  redis::Command is_finished(const std::string& id) const;
  redis::Command remove(const std::string& id) const;

  // Wakes a worker that waits for a job.
  redis::Command mark() const;
  redis::Command wait_for_mark(Milliseconds patience) const;

 private:
  // A call of the script with these keys; its arguments are to follow.
  redis::Command call(const redis::Script& script,
                      std::initializer_list<std::string_view> suffixes) const;

  const std::string base_;  // "prefix:queue:", with which every key begins.
};

// What the scripts say that take a job.
struct Next {
  std::optional<Job> job;
  Milliseconds limited{0};        // Not before this has passed: the queue's rate limit.
  std::int64_t next_delayed = 0;  // When the next delayed job is due, in Unix milliseconds; or 0.
};
Next read_next(const redis::Reply& reply, const std::string& token);

std::int64_t unix_milliseconds(WallTime time);

}  // namespace engine::bullmq
