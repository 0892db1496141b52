#pragma once

#include <utility>
#include <vector>

#include "base/clock.h"
#include "engine/wire.h"
#include "queue/queue.h"

namespace engine {

// Tells the queue how a run gets on, so that listeners at other processes see it too. Nothing is
// told more often than five times a second; what comes in between goes together.
class RemoteProgress {
 public:
  static constexpr Milliseconds kPause{200};

  // All outlive it.
  RemoteProgress(Queue& queue, const Queue::Ticket& ticket, const Wire& wire, const Clock& clock)
      : queue_(queue), ticket_(ticket), wire_(wire), clock_(clock) {}

  void add(Event event) {
    // A newer measurement makes the older one worthless.
    if (event.kind == Event::Kind::kUsage) {
      std::erase_if(pending_, [](const Event& e) { return e.kind == Event::Kind::kUsage; });
    }
    pending_.push_back(std::move(event));
    const SteadyTime now = clock_.steady();
    if (told_ && now - *told_ < kPause) return;
    told_ = now;
    queue_.progress(ticket_, wire_.progress(pending_));
    pending_.clear();
  }

 private:
  Queue& queue_;
  const Queue::Ticket& ticket_;
  const Wire& wire_;
  const Clock& clock_;
  std::vector<Event> pending_;  // Bounded by the live output of a run and the number of tests.
  std::optional<SteadyTime> told_;
};

}  // namespace engine
