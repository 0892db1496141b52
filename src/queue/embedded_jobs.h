#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "queue/queue.h"

namespace engine {

// What the embedded queue holds, and in which order it goes out: the bookkeeping alone, without
// locks and without a clock of its own. Every call costs O(log n) and no call touches all jobs, so
// that latency stays flat; about 220 bytes for a waiting UUID.
class EmbeddedJobs {
 public:
  // False: the id is here already, in whatever state.
  bool add(const Queue::Item& item, SteadyTime now);

  // Jobs whose delay is over, and those whose lease ran out, wait from now on. A job keeps the
  // place in the order that it got when it was added: who was lost has waited longest.
  void settle(SteadyTime now);

  // The next job in order, leased until `until`; nullopt: none waits.
  std::optional<Queue::Lease> lease(SteadyTime until);

  // False for all three: there is no such lease, or no longer.
  bool renew(const Queue::Ticket& ticket, SteadyTime until);
  bool finish(const Queue::Ticket& ticket);
  bool hand_back(const Queue::Ticket& ticket, SteadyTime due);

  bool remove(const SubmissionId& submission);  // False: it neither waits nor is delayed.

  // When settle() will next have something to do.
  std::optional<SteadyTime> next_event() const;

  bool has_waiting() const { return !waiting_.empty(); }
  bool holds(const SubmissionId& submission) const { return jobs_.contains(submission); }
  Queue::Place::Kind place(const SubmissionId& submission) const;
  Queue::Counts counts(SteadyTime now) const;

 private:
  enum class Place : std::uint8_t { kWaiting, kDelayed, kLeased };
  struct Job {
    std::uint64_t sequence = 0;  // Order of arrival.
    std::uint64_t lease = 0;     // The number of its latest lease; a later one makes it void.
    SteadyTime when;             // The end of its delay or of its lease; waiting: since when.
    int priority = 0;
    Place place = Place::kWaiting;
  };
  using Jobs = std::map<SubmissionId, Job>;  // Not hashed: a rehash would stall everybody.
  using Entry = Jobs::value_type;
  struct GoesFirst {
    bool operator()(const Entry* a, const Entry* b) const;
  };
  struct EndsFirst {
    bool operator()(const Entry* a, const Entry* b) const;
  };

  void wait(Entry& entry);
  void schedule(Entry& entry, Place place, SteadyTime when);
  Entry* leased(const Queue::Ticket& ticket);

  Jobs jobs_;
  std::set<Entry*, GoesFirst> waiting_;
  std::set<Entry*, EndsFirst> timed_;  // Delayed and leased.
  std::size_t leased_ = 0;
  std::uint64_t sequences_ = 0;
  std::uint64_t leases_ = 0;
};

}  // namespace engine
