#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/units.h"
#include "domain/submission.h"

namespace engine {

// Hands each pushed id to one taker, at least once: higher priority first, then oldest first.
//
// A taken id is leased: unless renew() or an end (done, fail, hand_back) comes within the lease,
// another taker gets it. The queue only says who works on what now; the store is the truth about a
// submission. Calls block at most as long as they say; safe from any thread. Implementations:
// embedded (this process), bullmq (Redis, shared with other processes and with Node's BullMQ).
//
// kUnavailable, from any call: the backend is away. What was asked may have happened all the same;
// every call may be repeated.
class Queue {
 public:
  using Ticket = Id<struct TicketTag>;
  struct Lease {
    Ticket ticket;
    SubmissionId submission;
    // A whole submission that a stranger put into the queue: the body of POST /api/v1/submissions,
    // a JSON object. `submission` is then an id made from the job, the same at each delivery.
    // Empty: the submission is in the store.
    std::string request;
  };
  struct Item {
    SubmissionId submission;
    int priority = 0;       // -100..100; higher goes first.
    Milliseconds delay{0};  // Not given to a taker before this has passed.
  };
  struct Counts {
    std::size_t waiting = 0;
    std::size_t delayed = 0;
    std::size_t leased = 0;
    std::optional<Milliseconds> oldest;  // How long what goes out next has been here.
  };

  // Where an id is.
  struct Place {
    enum class Kind {
      kUnknown,
      kWaiting,  // Or delayed.
      kLeased,
      kDone,
      kFailed,
    };
    Kind kind = Kind::kUnknown;
    std::string reason;  // Why it failed.
  };

  // What happened to an id, whoever did it. Events may be lost; the store is the truth.
  struct Event {
    enum class Kind { kWaiting, kActive, kProgress, kStalled, kCompleted, kFailed, kRemoved };
    Kind kind = Kind::kWaiting;
    SubmissionId submission;
    std::string text;  // Progress and result: JSON. Failed: the reason.
  };
  using Listener = std::function<void(const Event&)>;

  // Whether handing an id back uses up one of the attempts that it has in the queue.
  enum class Counted { kNo, kYes };

  virtual ~Queue() = default;

  // Idempotent by id: an id that waits or is leased is left as it is; one that is done or has
  // failed comes again. kOverloaded: the queue holds its stated maximum.
  virtual Status push(const Item& item) = 0;

  // Waits up to `patience`. kNotFound: nothing came in that time, or the queue was closed.
  virtual Result<Lease> take(Milliseconds patience) = 0;

  // Starts the lease anew. kConflict: it ran out and the id is somebody else's by now; stop.
  // kUnavailable: the lease still lasts for a while.
  virtual Status renew(const Ticket& ticket) = 0;

  // The work is over, and this is its result for whoever waits for it in the queue: JSON text,
  // "null" where there is none. kConflict: as for renew(); drop your result.
  virtual Status done(const Ticket& ticket, const std::string& result) = 0;

  // The same without waiting for the backend. `on_ended` is told once, before this returns or on a
  // thread of the queue, which it must not hold up: it may not call the queue. Whoever takes next
  // may do so at once.
  using OnEnded = std::function<void(Status)>;
  virtual void done_later(const Ticket& ticket, const std::string& result, OnEnded on_ended) {
    on_ended(done(ticket, result));
  }

  // The work cannot be done, and is not to be tried again. kConflict: as for renew().
  virtual Status fail(const Ticket& ticket, const std::string& reason) = 0;

  // Gives the id back, to be taken again after `delay`. False: it will not come again, as its
  // attempts are used up; only a stranger's can be. kConflict: as for renew().
  virtual Result<bool> hand_back(const Ticket& ticket, Milliseconds delay, Counted counted) = 0;

  // For whoever looks at the queue: how far the work is (JSON text), and a line of its log. Best
  // effort: sent in the background, of progress only the newest; lines go with the progress, or
  // some seconds later. All are there when an end has returned. The caller bounds the rate.
  virtual void progress(const Ticket& ticket, const std::string& json) = 0;
  virtual void log(const Ticket& ticket, const std::string& line) = 0;

  // Takes a waiting id out. kNotFound: it does not wait here (it may be leased).
  virtual Status remove(const SubmissionId& submission) = 0;

  // One place for each id, in their order.
  virtual Result<std::vector<Place>> look(const std::vector<SubmissionId>& submissions) = 0;

  // Cheap: may be some 200 ms old, or older while the backend is away.
  virtual Counts counts() const = 0;

  // One sentence when the backend is away, for /readyz.
  virtual std::optional<std::string> problem() const = 0;

  // From now on the listener hears of events, on a thread of the queue that it must not hold up.
  // It replaces the one before; an empty one ends it. On return the former is not being called.
  // Not to be called by a listener.
  virtual void watch(Listener listener) = 0;

  // Wakes every taker; take() returns kNotFound from now on. For shutting down.
  virtual void close() = 0;
};

struct EmbeddedQueueOptions {
  std::size_t capacity = 1'000'000;  // Waiting and delayed together.
  Milliseconds lease{30'000};
};
// Delays and leases are measured by `clock`, which outlives the queue. Nobody else sees this queue:
// it has no events, and results, reasons, progress and log go nowhere.
std::unique_ptr<Queue> make_embedded_queue(EmbeddedQueueOptions options,
                                           const Clock& clock = system_clock());

// How many ended jobs stay in Redis, for people and waiters to look at.
struct BullmqKeep {
  std::int64_t count = 0;       // The newest so many.
  std::chrono::seconds age{0};  // And of these none older; 0: of any age.
};

struct BullmqOptions {
  // redis://[user:password@]host[:port][/db][?queue=submissions&prefix=bull], or
  // unix://[user:password@]/path/to/socket[?db=0&queue=…&prefix=…]; percent-encoded where needed.
  std::string url;
  std::size_t capacity = 1'000'000;  // Waiting and delayed together, exact for one process.
  Milliseconds lease{30'000};        // BullMQ's lockDuration.
  Milliseconds stalled_interval{30'000};
  int most_stalled = 2;  // A job whose worker was lost more often than this has failed.
  BullmqKeep keep_completed{.count = 1'000};
  BullmqKeep keep_failed{.count = 5'000};
  Bytes largest_request = 64_MiB;  // A stranger's job with more data fails.
  Milliseconds connect_timeout{2'000};
  Milliseconds command_timeout{5'000};
  int connections = 2;                      // For commands; two more wait for jobs and for events.
  std::string worker = "execution-engine";  // Shown as the one who processed a job.
  // Told of each job that waits again as its worker was lost, by the one process that noticed; on a
  // thread of the queue, which it must not hold up.
  std::function<void()> on_worker_lost = [] {};
};
// A BullMQ queue on Redis 6.2 or later, shared with any number of other processes, Node's included.
// kUnavailable: Redis does not answer.  kInvalid: the URL, the password or Redis' version is wrong.
// `clock` outlives the queue.
Result<std::unique_ptr<Queue>> make_bullmq_queue(BullmqOptions options,
                                                 const Clock& clock = system_clock());

}  // namespace engine
