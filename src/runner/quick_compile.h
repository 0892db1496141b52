#pragma once

#include <string_view>

#include "runner/precompiled_headers.h"
#include "runner/runner.h"
#include "sandbox/boxes.h"

namespace engine {

// A compile that uses headers that were compiled ahead: an attempt, after which only two things
// count. It left a program and said nothing, or it passed a limit of processor time that a plain
// compile, which does all of the same and more, would pass too. Whatever else comes of it, the
// compile is done plainly, and that counts: so what a compiler says is always what it says plainly.

// `plain` with what was found.
sandbox::RunSpec quick_spec(sandbox::RunSpec plain, const PrecompiledHeaders::Found& found);

// What came of it.
PrecompiledHeaders::Use use_of(const sandbox::RunReport& report);

// Tells a submission's listener of the attempt's usage, but not what it prints: it counts only
// where that is nothing.
class QuietForwarder : public sandbox::Observer {
 public:
  explicit QuietForwarder(Progress& progress) : progress_(progress) {}
  bool on_start() override { return progress_.on_start(); }
  void on_usage(const sandbox::LiveUsage& usage) override { progress_.on_usage(-1, usage); }
  void on_output(sandbox::Stream, std::string_view) override {}

 private:
  Progress& progress_;
};

}  // namespace engine
