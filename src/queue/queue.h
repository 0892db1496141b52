#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/units.h"
#include "domain/submission.h"

namespace engine {

// Hands each pushed id to one taker, at least once: higher priority first, then oldest first.
//
// A taken id is leased: unless renew() or done() comes within the lease, another taker gets it. The
// queue only says who works on what now; the store is the truth about a submission. Calls block at
// most as long as they say; safe from any thread. Implementations: embedded (this process).
class Queue {
 public:
  using Ticket = Id<struct TicketTag>;
  struct Lease {
    Ticket ticket;
    SubmissionId submission;
  };
  struct Item {
    SubmissionId submission;
    int priority = 0;
    Milliseconds delay{0};  // Not given to a taker before this has passed.
  };
  struct Counts {
    std::size_t waiting = 0;
    std::size_t delayed = 0;
    std::size_t leased = 0;
  };

  virtual ~Queue() = default;

  // Idempotent by id: an id that waits or is leased is left as it is.
  // kOverloaded: the queue holds its stated maximum.  kUnavailable: the backend is away.
  virtual Status push(const Item& item) = 0;

  // Waits up to `patience`. kNotFound: nothing came in that time, or the queue was closed.
  virtual Result<Lease> take(Milliseconds patience) = 0;

  // Starts the lease anew. kConflict: it ran out and the id is somebody else's by now; stop.
  virtual Status renew(const Ticket& ticket) = 0;

  // The work is over, however it ended. kConflict: as for renew(); drop your result.
  virtual Status done(const Ticket& ticket) = 0;

  // Gives the id back, to be taken again after `delay`. kConflict: as for renew().
  virtual Status hand_back(const Ticket& ticket, Milliseconds delay) = 0;

  // Takes a waiting id out. kNotFound: it does not wait here (it may be leased).
  virtual Status remove(const SubmissionId& submission) = 0;

  virtual Counts counts() const = 0;

  // Wakes every taker; take() returns kNotFound from now on. For shutting down.
  virtual void close() = 0;
};

struct EmbeddedQueueOptions {
  std::size_t capacity = 1'000'000;  // Waiting and delayed together.
  Milliseconds lease{30'000};
};
// Delays and leases are measured by `clock`, which outlives the queue.
std::unique_ptr<Queue> make_embedded_queue(EmbeddedQueueOptions options,
                                           const Clock& clock = system_clock());

}  // namespace engine
