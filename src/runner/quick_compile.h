#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

#include "runner/precompiled_headers.h"
#include "runner/runner.h"
#include "sandbox/boxes.h"

namespace engine {

// A compile that uses headers that were compiled ahead, or that is done by the language's
// quick_compile: an attempt, after which only two things count. It left a program and said nothing,
// or it passed a limit of processor time that a plain compile, which does all of the same and more,
// would pass too. Whatever else comes of it, the compile is done plainly, and that counts: so what
// a compiler says is always what it says plainly.

// What came of the attempts by a language's quick_compile.
struct QuickCompiles {
  std::atomic<std::uint64_t> counting = 0;
  std::atomic<std::uint64_t> in_vain = 0;
};

// `plain` with what was found.
sandbox::RunSpec quick_spec(sandbox::RunSpec plain, const PrecompiledHeaders::Found& found);

// What came of it.
PrecompiledHeaders::Use use_of(const sandbox::RunReport& report);

// Tells a submission's listener of the attempt's usage, but not what it prints: it counts only
// where that is nothing. So it has the attempt ended by the first line that says what is wrong, of
// the source or of the headers: what the compiler would do after that is of no use.
class QuietForwarder : public sandbox::Observer {
 public:
  QuietForwarder(Progress& progress, const std::stop_token& stop)
      : progress_(progress), on_stop_(stop, PassOn{over_}) {}

  // Of the attempt: that of the submission, or ours.
  std::stop_token stop() const { return over_.get_token(); }

  bool on_start() override { return progress_.on_start(); }
  void on_usage(const sandbox::LiveUsage& usage) override { progress_.on_usage(-1, usage); }
  void on_output(sandbox::Stream stream, std::string_view bytes) override;

 private:
  struct PassOn {
    std::stop_source& over;
    void operator()() const noexcept { over.request_stop(); }
  };

  Progress& progress_;
  std::stop_source over_;
  std::string line_;  // Of what it prints to stderr, as far as it is there.
  std::stop_callback<PassOn> on_stop_;
};

}  // namespace engine
