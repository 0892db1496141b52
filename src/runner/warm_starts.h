#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "language/language.h"
#include "runner/plan.h"
#include "runner/runner.h"
#include "sandbox/frozen.h"

namespace engine {

struct WarmOptions {
  bool enabled = true;
  int runs = 1'000;       // Those that one frozen interpreter serves before it is replaced.
  Bytes stack = 256_MiB;  // A run that is given more starts fresh.
  Bytes memory = 64_MiB;  // What one may take; a larger one is not made.
};

// The frozen interpreters that runs go on from: for each language that has such, one for plain
// programs, and one for each set of modules that programs import first. Each is made when it is
// first wanted, and made anew after `runs` runs, so that neither its hash seed nor its addresses
// serve for ever. Runs never wait for one: they start fresh until it is there. Safe from any
// thread.
class WarmStarts {
 public:
  WarmStarts(BoxesOf boxes, WarmOptions options);
  WarmStarts(const WarmStarts&) = delete;
  WarmStarts& operator=(const WarmStarts&) = delete;
  ~WarmStarts() = default;

  // What a run of this plan may go on from; null: nothing, or nothing yet.
  std::shared_ptr<const sandbox::Frozen> find(const Language& language, const Plan& plan);

  // What came of it: the run went on from there, or had to start fresh, and then it is replaced.
  void used(const std::shared_ptr<const sandbox::Frozen>& frozen, bool thawed);

  // Waits until all that was asked for is there, or could not be made at the first try.
  void settle();

  std::int64_t runs() const;  // Those that went on from a start, for /metrics.

  // What all take of this machine's memory, for /metrics.
  Bytes memory() const;

 private:
  using Time = std::chrono::steady_clock::time_point;

  // What it is started as. The same for every program without options of its own.
  struct Start {
    std::string image;
    std::vector<std::string> argv;  // Without the program's name.
    std::vector<std::string> environment;
    std::vector<std::string> preload;
    bool operator==(const Start&) const = default;
  };
  struct Entry {
    Language language;
    Start start;
    std::shared_ptr<const sandbox::Frozen> frozen;
    int runs_left = 0;
    bool is_ordered = false;
    int failures = 0;
    std::string why;  // The last failure, once it is logged.
    Time not_before;
  };

  std::shared_ptr<const sandbox::Frozen> find(const Language& language, Start start);
  Entry* next_to_make();
  Entry& entry_of(const Language& language, Start start);
  void order(Entry& entry);
  void keep(const std::stop_token& stop);
  void make(Entry& entry, std::unique_lock<std::mutex>& lock);
  Result<std::shared_ptr<const sandbox::Frozen>> freeze(const Language& language,
                                                        const Start& start) const;

  const BoxesOf boxes_;
  const WarmOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable_any ordered_;
  std::condition_variable settled_;
  std::deque<Entry> entries_;  // Never removed from, so that a reference stays good.
  bool is_making_ = false;
  std::int64_t runs_ = 0;
  std::jthread keeper_;  // Last: it uses all of the above.
};

}  // namespace engine
