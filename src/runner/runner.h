#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "domain/object.h"
#include "domain/outcome.h"
#include "domain/submission.h"
#include "language/language.h"
#include "sandbox/boxes.h"

namespace engine {

// What a submission's execution came to: the outcome, and the bytes of every object that it names.
struct Execution {
  Outcome outcome;
  std::vector<Object> objects;
};

// Told while a submission runs, on the thread that runs it.
class Progress {
 public:
  enum class Phase { kPreparing, kCompiling, kRunning };
  virtual ~Progress() = default;
  virtual void on_phase(Phase phase, int test) = 0;  // `test` counts from 0; -1 outside tests.
  virtual void on_usage(int test, const sandbox::LiveUsage& usage) = 0;
  virtual void on_output(int test, sandbox::Stream stream, std::string_view bytes) = 0;
};

// Compiles once, runs every test, compares outputs, collects files. What the code does, however
// badly, is an Outcome; an Error means that this host could not run it (kUnavailable: try again,
// here or elsewhere; kConflict: `stop` was requested). Blocks until nothing of the code is left;
// safe from any thread, one submission per call.
class Runner {
 public:
  virtual ~Runner() = default;
  virtual Result<Execution> run(const Submission& submission, const Language& language,
                                Progress& progress, std::stop_token stop) = 0;
};

// The boxes that a language runs in. Safe from any thread; they outlive whoever asks.
using BoxesOf = std::function<sandbox::Boxes&(const Language& language)>;

// `clock` outlives the runner.
std::unique_ptr<Runner> make_runner(BoxesOf boxes, const Clock& clock);

}  // namespace engine
