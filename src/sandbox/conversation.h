#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"

namespace engine::sandbox {

class RunMeter;

// A talk with a run while it goes on: whose RunSpec names one has it as stdin and stdout.
// Box::run() blocks in one thread, and its owner talks in another. Made for one run; both sides are
// limited by what the owner takes: nothing of it counts as output of the run.
//
// What is heard is foreign. kUnavailable: the run has ended, or closed its side.  kNotFound: it
// did not come in time.  kConflict: a stop was requested.
class Conversation {
 public:
  struct Patience {
    std::chrono::steady_clock::time_point deadline;
    std::stop_token stop;
  };

  static Result<std::unique_ptr<Conversation>> open();  // kUnavailable: no descriptor left.
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  ~Conversation() = default;

  // The owner's side.
  Status say(std::string_view bytes, const Patience& patience);
  Result<std::string> hear(std::size_t size, const Patience& patience);  // Just so many bytes.
  bool is_quiet() const;  // There is nothing to be heard now, and there may be later.
  std::optional<Microseconds> cpu_time() const;  // What the run has used; none: it does not run.

  // The run's side, for whoever starts it. `meter` is read until over() is called.
  void begin(const RunMeter& meter);
  int their_end() const { return theirs_.get(); }
  void handed_over();  // The run has its own end by now, whose closing is to be seen.
  void over();         // May be called again. What was said before can still be heard.

 private:
  Conversation(Fd ours, Fd theirs);
  Status wait_for(short events, const Patience& patience) const;

  const Fd ours_;
  Fd theirs_;
  mutable std::mutex mutex_;  // Of the meter.
  const RunMeter* meter_ = nullptr;
};

}  // namespace engine::sandbox
