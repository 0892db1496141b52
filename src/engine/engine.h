#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/limits.h"
#include "domain/outcome.h"
#include "domain/submission.h"
#include "engine/fetcher.h"
#include "engine/metrics.h"
#include "language/language.h"
#include "output/output.h"
#include "output/spool.h"
#include "queue/queue.h"
#include "runner/runner.h"
#include "store/store.h"

namespace engine {

// What a client asks for, before defaults, ceilings and names are checked.
struct SubmissionRequest {
  std::string language;  // Id or alias; empty: it follows from the entry file's extension.
  std::vector<SourceFile> files;
  std::string entry;  // Empty: the only file, or the language's own file name.
  std::vector<std::string> options;
  std::vector<std::string> args;
  std::vector<Test> tests;
  std::vector<std::string> output_files;
  std::int64_t priority = 0;
  std::int64_t delay_ms = 0;
  bool stop_on_failure = false;
  bool warm = true;
  LimitsRequest limits;
  LimitsRequest compile_limits;
  bool cache = true;
};

// Everything that happens to a submission, as a live stream shows it.
struct Event {
  enum class Kind { kState, kPhase, kUsage, kOutput };
  Kind kind = Kind::kState;
  int attempt = 0;

  State state = State::kQueued;          // kState.
  std::shared_ptr<const Record> record;  // kState, when it is final: the whole answer.

  Progress::Phase phase = Progress::Phase::kPreparing;  // kPhase.
  int test = -1;                                        // All but kState; -1 is the compile.
  sandbox::LiveUsage usage;                             // kUsage.
  sandbox::Stream stream = sandbox::Stream::kStdout;    // kOutput.
  std::string bytes;                                    // kOutput.
};

struct EngineOptions {
  int slots = 1;             // Runs at once; 0 serves the API only.
  bool spread_tests = true;  // Slots that are free serve the tests of submissions that run.
  bool shared = false;       // Other processes work on the same store and queue.
  std::string worker;        // This process's name among the workers; unique where they are shared.
  Limits defaults;
  Limits compile_defaults{.cpu_time = Milliseconds{15'000},
                          .wall_time = Milliseconds{30'000},
                          .memory = 1_GiB,
                          .processes = 64,
                          .output = 256_KiB,
                          .file = 128_MiB,
                          .disk = 256_MiB,
                          .files = 4'096};
  Limits ceiling{.cpu_time = Milliseconds{60'000},
                 .wall_time = Milliseconds{120'000},
                 .memory = 2_GiB,
                 .stack = 1_GiB,
                 .processes = 256,
                 .output = 16_MiB,
                 .file = 256_MiB,
                 .disk = 512_MiB,
                 .files = 20'000};
  Bytes source_bytes = 1_MiB;     // All source files of a submission.
  Bytes input_bytes = 16_MiB;     // All inputs and expected outputs of a submission.
  std::size_t files = 100;        // Source files of a submission.
  std::size_t tests = 1'000;      // Tests of a submission.
  std::size_t output_files = 20;  // Declared output files of a submission.
  std::size_t most_queued = 1'000'000;
  int attempts = 3;                    // When the host loses them.
  Milliseconds retry_pause{500};       // Before a lost attempt is tried again; grows with each one.
  Milliseconds renew_interval{5'000};  // How often a run's lease is renewed: well within the lease.
  std::chrono::seconds link_lifetime{30 * 60};
  Milliseconds delay_ceiling{24 * 3'600'000};
  std::chrono::seconds retention_age{7 * 24 * 3'600};
  Bytes retention_bytes = 10_GiB;  // Rows and outputs together.
  Bytes small_outputs = 16_KiB;  // Of an attempt; up to here they go into the store; below 0: none.
  std::chrono::seconds retention_interval{60};
};

class Wire;

// The use cases. Everything it touches comes in here, by reference, and outlives it. Safe from any
// thread; calls that wait for a disk say so.
class Engine {
 public:
  struct Ports {
    Store& store;
    Queue& queue;
    Output& output;
    Spool* spool;  // For what Output cannot take now; nullptr: the attempt is lost then.
    Runner& runner;
    Fetcher& fetcher;
    const LinkSigner* links;  // nullptr where Output's links do not lead to us.
    const Wire* wire;         // nullptr where nobody but this process sees the queue.
    const Languages& languages;
    const Clock& clock;
    Metrics& metrics;
    std::function<SubmissionId()> new_id;  // Injected, so that tests are repeatable.
  };
  Engine(Ports ports, EngineOptions options);
  ~Engine();  // stop(), if nobody called it.

  // Pushes what the store still holds as unfinished, then starts workers and retention.
  Status start();

  // Stops taking work, lets running submissions end within `patience`, hands the rest back. An
  // attempt that is handed back stays counted. Returns when no thread of the engine is left.
  void stop(Milliseconds patience);

  struct Accepted {
    SubmissionId id;
    State state = State::kQueued;
    bool existed = false;  // The idempotency key was known.
  };
  using OnAccepted = std::function<void(Result<Accepted>)>;

  // Checks the request, then makes it durable. Does not wait: `on_accepted` is called once, from
  // another thread or from inside the call. kInvalid names the field.  kTooLarge.  kOverloaded:
  // the queue or the disk is full; what was accepted before with the same key is answered all the
  // same.  kConflict: the idempotency key is known with another body.
  void submit(SubmissionRequest request, OwnerId owner, std::optional<IdempotencyKey> key,
              OnAccepted on_accepted);

  // Fetches the source, then as submit(). Waits for the network.
  struct Fetched {
    SubmissionRequest request;
    std::string file_name;
  };
  Result<Fetched> fetch(const std::string& url);

  // A stranger's id is kNotFound, as one that never was. Waits for the store.
  Result<std::shared_ptr<const Record>> find(const SubmissionId& id, const OwnerId& owner);

  // The same for a submission that is over, if it is at hand: it was asked for lately, is small,
  // and linking to its objects takes no time either. nullptr: ask find(). Never waits.
  std::shared_ptr<const Record> at_hand(const SubmissionId& id, const OwnerId& owner);

  // Whether link() and writing it out take some microseconds, so that no thread need be spared it.
  bool is_light(const Record& record) const;

  // kConflict: it is over already. Kills a run, and returns when it is cancelled.
  Status cancel(const SubmissionId& id, const OwnerId& owner);

  // Calls `listener` with the state so far, before it returns, and with every event after that,
  // in order, one at a time, from other threads, until the subscription is destroyed (which waits
  // for a call in progress) or the state is final. The listener must be quick and must not call
  // the engine; destroying its own subscription from inside is the one exception, and waits for
  // nothing. Waiting costs no thread. kNotFound as for find().
  class Subscription {
   public:
    virtual ~Subscription() = default;
  };
  using Listener = std::function<void(const Event&)>;
  Result<std::unique_ptr<Subscription>> subscribe(const SubmissionId& id, const OwnerId& owner,
                                                  Listener listener);

  // A link to an object of a finished submission.
  Result<std::string> link(const Record& record, std::string_view object);

  // An object of a submission that ended with this attempt, wherever it is kept. kNotFound. Waits
  // for a disk.
  Result<std::string> read(const SubmissionId& id, int attempt, const std::string& object);

  // What a local link leads to. kInvalid: changed (403).  kNotFound: expired, or gone (410).
  Result<std::string> open_link(std::string_view path, std::string_view expires,
                                std::string_view signature);

  // What is defined, and what of it can be run, here or by any living worker.
  const Languages& languages() const { return ports_.languages; }
  Languages offered() const;
  const EngineOptions& options() const { return options_; }
  Metrics& metrics() { return ports_.metrics; }

  // Why no work can be taken now; empty: it can.
  std::vector<std::string> problems();

 private:
  class Impl;
  Ports ports_;
  EngineOptions options_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace engine
