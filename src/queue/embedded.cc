#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "queue/embedded_jobs.h"
#include "queue/queue.h"

namespace engine {
namespace {

class EmbeddedQueue final : public Queue {
 public:
  EmbeddedQueue(EmbeddedQueueOptions options, const Clock& clock)
      : options_(options), clock_(clock) {}

  Status push(const Item& item) override {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = clock_.steady();
    jobs_.settle(now);
    if (jobs_.holds(item.submission)) return Ok{};
    const Counts held = jobs_.counts(now);
    if (held.waiting + held.delayed >= options_.capacity) {
      return Error{Errc::kOverloaded, "the queue is full", {}};
    }
    const auto before = jobs_.next_event();
    jobs_.add(item, now);
    wake_takers(before);
    return Ok{};
  }

  Result<Lease> take(Milliseconds patience) override {
    std::unique_lock lock(mutex_);
    const SteadyTime deadline = clock_.steady() + patience;
    while (!closed_) {
      const SteadyTime now = clock_.steady();
      jobs_.settle(now);
      if (auto lease = jobs_.lease(now + options_.lease)) return *std::move(lease);
      if (now >= deadline) break;
      arrival_.wait_for(lock, wake_time(now, deadline) - now);
    }
    return Error{Errc::kNotFound, closed_ ? "the queue is closed" : "nothing to take", {}};
  }

  Status renew(const Ticket& ticket) override {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = clock_.steady();
    jobs_.settle(now);
    return jobs_.renew(ticket, now + options_.lease) ? Status(Ok{}) : Status(lease_is_gone());
  }

  Status done(const Ticket& ticket, const std::string&) override { return finish(ticket); }
  Status fail(const Ticket& ticket, const std::string&) override { return finish(ticket); }

  Result<bool> hand_back(const Ticket& ticket, Milliseconds delay, Counted) override {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = clock_.steady();
    jobs_.settle(now);
    const auto before = jobs_.next_event();
    if (!jobs_.hand_back(ticket, now + delay)) return lease_is_gone();
    jobs_.settle(now);
    wake_takers(before);
    return true;
  }

  void progress(const Ticket&, const std::string&) override {}
  void log(const Ticket&, const std::string&) override {}

  Status remove(const SubmissionId& submission) override {
    const std::lock_guard lock(mutex_);
    jobs_.settle(clock_.steady());
    if (jobs_.remove(submission)) return Ok{};
    return Error{Errc::kNotFound, "the submission does not wait in the queue", {}};
  }

  Result<std::vector<Place>> look(const std::vector<SubmissionId>& submissions) override {
    const std::lock_guard lock(mutex_);
    jobs_.settle(clock_.steady());
    std::vector<Place> places;
    places.reserve(submissions.size());
    for (const auto& submission : submissions)
      places.push_back({.kind = jobs_.place(submission)});
    return places;
  }

  Counts counts() const override {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = clock_.steady();
    jobs_.settle(now);
    return jobs_.counts(now);
  }

  void watch(Listener) override {}

  std::optional<std::string> problem() const override { return std::nullopt; }

  void close() override {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    arrival_.notify_all();
  }

 private:
  Status finish(const Ticket& ticket) {
    const std::lock_guard lock(mutex_);
    jobs_.settle(clock_.steady());
    return jobs_.finish(ticket) ? Status(Ok{}) : Status(lease_is_gone());
  }

  static Error lease_is_gone() {
    return Error{Errc::kConflict, "the lease ran out or was never given", {}};
  }

  // A lease that begins while a taker sleeps cannot end before its sleep does, since nobody sleeps
  // longer than a lease. So taking wakes nobody.
  SteadyTime wake_time(SteadyTime now, SteadyTime deadline) const {
    const SteadyTime next = jobs_.next_event().value_or(deadline);
    return std::min({deadline, next, now + options_.lease});
  }

  // After a job was added or handed back. Every sleeping taker must know the earliest event, as any
  // of them may leave; one is enough for a job that waits, and none for one that is due later.
  void wake_takers(std::optional<SteadyTime> earliest_before) {
    const auto next = jobs_.next_event();
    const bool is_earlier = next && (!earliest_before || *next < *earliest_before);
    if (is_earlier) {
      arrival_.notify_all();
    } else if (jobs_.has_waiting()) {
      arrival_.notify_one();
    }
  }

  const EmbeddedQueueOptions options_;
  const Clock& clock_;
  mutable std::mutex mutex_;  // Guards all below.
  std::condition_variable arrival_;
  mutable EmbeddedJobs jobs_;  // Time passes for a const queue too.
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<Queue> make_embedded_queue(EmbeddedQueueOptions options, const Clock& clock) {
  return std::make_unique<EmbeddedQueue>(options, clock);
}

}  // namespace engine
