#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "language/language.h"
#include "runner/plan.h"
#include "runner/runner.h"
#include "sandbox/boxes.h"

namespace engine {

struct AheadOptions {
  int each = 1;                // Of one language; 0: none. Each holds a box.
  Milliseconds idle{600'000};  // Nobody asked for one so long: they end.
};

// Interpreters that cannot be frozen, started ahead, each for one run: the start is no part of a
// client's wait then, though it costs the machine as much. For each language that has such, what
// stands is started as the last programs of it were; a program that differs starts fresh, as does
// every further test. Safe from any thread.
class AheadStarts {
 public:
  AheadStarts(BoxesOf boxes, AheadOptions options);
  AheadStarts(const AheadStarts&) = delete;
  AheadStarts& operator=(const AheadStarts&) = delete;
  ~AheadStarts() = default;

  // A box in which a run of this plan stands, started; null: none does now. `has_input`: so the run
  // will.
  std::unique_ptr<sandbox::Box> take(const Language& language, const Plan& plan, bool has_input);

  // What came of it: a run went on from there.
  void went_on();

  // Waits until all that was asked for stands, or could not be started at the first try.
  void settle();

  std::int64_t runs() const;          // Those that went on, for /metrics.
  std::vector<Bytes> memory() const;  // Of each that stands, by its box; likewise.

 private:
  using Time = std::chrono::steady_clock::time_point;
  using StandingBox = std::unique_ptr<sandbox::Box>;

  struct Start {
    std::string image;
    std::vector<std::string> argv;
    std::vector<std::string> environment;
    sandbox::RunLimits limits;
    std::string program;
    bool has_input = false;
    bool operator==(const Start&) const = default;
  };
  struct Entry {
    Language language;
    std::optional<Start> start;  // None: nobody has asked lately.
    std::deque<StandingBox> boxes;
    int strangers = 0;  // Programs in a row that would have been started otherwise.
    Time asked;
    int failures = 0;  // One after another.
    Time not_before;
  };

  static std::optional<Start> start_of(const Plan& plan, bool has_input);
  Entry& entry_of(const Language& language);
  void leave(Entry& entry);
  bool lacks_one(const Entry& entry, Time now) const;
  Entry* next_to_start();
  Time next_change() const;
  void keep(const std::stop_token& stop);
  void end_idle();
  void start(Entry& entry, std::unique_lock<std::mutex>& lock);
  Result<StandingBox> make(const Language& language, const Start& start) const;

  const BoxesOf boxes_;
  const AheadOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable_any ordered_;
  std::condition_variable settled_;
  std::deque<Entry> entries_;         // Never removed from, so that a reference stays good.
  std::vector<StandingBox> leaving_;  // Ended by the keeper.
  bool is_busy_ = false;              // The keeper starts or ends one.
  std::int64_t runs_ = 0;
  std::jthread keeper_;  // Last: it uses all of the above.
};

}  // namespace engine
