#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "queue/bullmq_job.h"
#include "queue/queue.h"

namespace engine::bullmq {

// The jobs that this process holds, by ticket, with what is yet to be said about them. What Redis
// says of a lock comes before what stands here. Safe from any thread.
class Leases {
 public:
  struct Held {
    Job job;  // Without its data.
    SubmissionId submission;
    bool is_strangers = false;
    std::thread::id taker;  // Whoever ends its own job is expected to take another.
  };
  // Of one job: to be sent in this order.
  struct Notes {
    Queue::Ticket ticket;
    Job job;
    std::vector<std::string> lines;
    std::optional<std::string> progress;
  };

  // A lease lasts for `length` from each add() and renew().
  Leases(Milliseconds length, const Clock& clock) : length_(length), clock_(clock) {}

  Queue::Ticket add(Held held);
  std::optional<Held> find(const Queue::Ticket& ticket) const;
  void renew(const Queue::Ticket& ticket);
  void erase(const Queue::Ticket& ticket);

  // True: noted, and none was waiting to be sent before.
  bool note_progress(const Queue::Ticket& ticket, const std::string& json);
  void note_line(const Queue::Ticket& ticket, const std::string& line);

  // For whoever sends them now and again: told() is to follow, when they have been sent.
  std::vector<Notes> take_all_notes();
  void told(std::span<const Notes> notes);

  // For whoever ends the lease. Waits until those that were taken before are told: older progress
  // must not overtake newer, nor a line come after the end.
  std::optional<Notes> take_notes(const Queue::Ticket& ticket);

  // Forgets those that nobody has renewed or ended, for want of Redis or of interest.
  void forget_expired();

 private:
  struct Entry {
    Held held;
    SteadyTime until;
    std::vector<std::string> lines;
    std::optional<std::string> progress;
    bool is_being_told = false;  // Notes of it are taken, but not told.

    bool has_notes() const { return progress || !lines.empty(); }
    Notes take_notes(const Queue::Ticket& ticket);
  };

  const Milliseconds length_;
  const Clock& clock_;
  mutable std::mutex mutex_;  // Guards the rest.
  std::condition_variable told_;
  std::map<Queue::Ticket, Entry> entries_;
  std::uint64_t tickets_ = 0;
};

}  // namespace engine::bullmq
