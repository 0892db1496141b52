#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "domain/submission.h"
#include "queue/redis_reply.h"

namespace engine::bullmq {

// How many ended jobs are kept: BullMQ's KeepJobs.
struct KeepJobs {
  std::optional<std::int64_t> count;  // -1: all; 0: none.
  std::optional<std::int64_t> age;    // In seconds.
  std::optional<std::int64_t> limit;  // How many are removed at once.
};

struct Backoff {
  bool is_exponential = false;
  Milliseconds delay{0};
  double jitter = 0;  // The part of the delay that is left to chance, 0..1.
};

// The options of a job that its worker has to honour. Whatever is of a wrong type counts as absent,
// and no number is beyond what the scripts can reckon with.
struct JobOptions {
  std::int64_t attempts = 0;
  std::optional<Backoff> backoff;
  std::optional<KeepJobs> keep_completed;
  std::optional<KeepJobs> keep_failed;
  std::optional<std::int64_t> keep_logs;
  bool is_lifo = false;
  // What its end does to the job's parent; the scripts know what that means.
  bool fail_parent = false, continue_parent = false, ignore_dependency = false,
       remove_dependency = false;

  static JobOptions parse(std::string_view json);
};

// A job as a worker gets it.
struct Job {
  std::string id;
  std::string token;      // Of the lock that is on it.
  std::string timestamp;  // When it was added, as text.
  std::string data;
  std::string deferred_failure;  // Not empty: it is to be failed so, as it stalled too often.
  std::int64_t attempts_made = 0;
  JobOptions options;
};

// From the fields of its hash, as HGETALL gives them: name, value, name, value.
Job read_job(const redis::Reply& fields, std::string id, std::string token);

// How long to wait before the next attempt, after `attempts_made` were made; `chance` is in 0..1.
Milliseconds backoff_delay(const Backoff& backoff, std::int64_t attempts_made, double chance);

// What a job's data means.
struct Content {
  SubmissionId submission;
  std::string request;  // Not empty: it is a stranger's.
};
// kInvalid: the job can never be worked on; the message is the reason.
Result<Content> read_content(const Job& job, std::string_view queue, Bytes largest_request);

}  // namespace engine::bullmq
