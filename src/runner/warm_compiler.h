#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "runner/plan.h"
#include "sandbox/boxes.h"
#include "sandbox/conversation.h"

namespace engine {

// One compiler that is kept running, in a box of its own, with all the limits of a run but a
// compile's: those the engine keeps by its own clocks, compile by compile. It is foreign code from
// its first source on, and nothing that it says is believed: see read_answer(). Used by one thread
// at a time; ends with its owner, or when it passes a limit.
class WarmCompiler {
 public:
  struct Start {
    std::vector<std::string> argv;  // Of the process; runner/compile_server.h has the program.
    std::vector<std::string> environment;  // Of the compile too.
    sandbox::RunLimits limits;             // Of its whole life.
    Milliseconds patience{120'000};        // Until it is ready.
  };

  // Starts one and waits until it has made itself quick. kUnavailable: it cannot be; says why.
  static Result<std::unique_ptr<WarmCompiler>> start(std::unique_ptr<sandbox::Box> box,
                                                     const Start& start,
                                                     const std::stop_token& stop);
  WarmCompiler(const WarmCompiler&) = delete;
  WarmCompiler& operator=(const WarmCompiler&) = delete;
  ~WarmCompiler();  // Kills it, and waits until it is dead.

  // What came of a compile.
  enum class Use {
    kCounts,  // It left class files and said nothing.
    kInVain,  // It is to be done plainly.
    kLost,    // Likewise; and this compiler is of no more use.
  };
  struct Attempt {
    Use use = Use::kLost;
    sandbox::RunReport report;  // For kCounts: as of the plain compile, but for its usage.
    std::string why;            // For kLost.
  };
  // `arguments`, files and limits are the plain compile's. Takes some seconds at most, and cannot
  // be stopped: who gives his submissions up must not cost others their compiler.
  Attempt compile(const std::vector<std::string>& arguments, const Plan& plan);

  bool is_running() const { return running_.load(); }
  // Once it runs no more: what it said last, or what ended it.
  const std::string& last_words() const { return last_words_; }
  int compiles() const { return compiles_.load(); }
  Bytes memory() const { return Bytes{memory_.load()}; }  // What it takes now, by its box.

 private:
  class Watch;

  WarmCompiler(std::unique_ptr<sandbox::Box> box, std::unique_ptr<sandbox::Conversation> talk,
               const Start& start);
  void live(const sandbox::RunSpec& spec);
  Status await_ready(Milliseconds patience, const std::stop_token& stop);
  Result<std::string> hear_frame(const sandbox::Conversation::Patience& patience);
  Attempt exchange(const std::string& frame, const Plan& plan);
  std::string end_of_life();

  const std::unique_ptr<sandbox::Box> box_;
  const std::unique_ptr<sandbox::Conversation> talk_;
  std::uint64_t number_ = 0;  // Of the last request.
  std::atomic<int> compiles_ = 0;
  Microseconds cpu_at_rest_{0};  // What it had used when it was last done.
  std::atomic<std::int64_t> memory_ = 0;
  std::atomic<int> processes_ = 1;
  std::atomic<bool> running_ = true;
  std::string last_words_;  // Once it runs no more.
  std::jthread life_;       // In Box::run(). Last: it uses all of the above.
};

}  // namespace engine
