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
#include "runner/spare_slots.h"
#include "sandbox/boxes.h"

namespace engine {

class AheadStarts;
class ArtefactCache;
class PrecompiledHeaders;
struct QuickCompiles;
class WarmCompilers;
class WarmStarts;

// What a submission's execution came to: the outcome, and the bytes of every object that it names.
struct Execution {
  Outcome outcome;
  std::vector<Object> objects;
};

// Told while a submission runs, one call at a time, on whichever thread runs it.
class Progress {
 public:
  enum class Phase { kPreparing, kCompiling, kRunning };
  virtual ~Progress() = default;

  // Before each start of something of the submission's, once the host has given all that it needs.
  // False: it must not start, and run() ends as by a stop.
  virtual bool on_start() = 0;

  virtual void on_phase(Phase phase, int test) = 0;  // `test` counts from 0; -1 outside tests.
  virtual void on_usage(int test, const sandbox::LiveUsage& usage) = 0;
  virtual void on_output(int test, sandbox::Stream stream, std::string_view bytes) = 0;
};

// Compiles once, runs every test, compares outputs, collects files. What the code does, however
// badly, is an Outcome; an Error means that this host could not run it (kUnavailable: try again,
// here or elsewhere; kConflict: it was told to stop). Blocks until nothing of the code is left;
// safe from any thread, one submission per call.
class Runner {
 public:
  virtual ~Runner() = default;
  // `spare`: what more it may run at once.
  virtual Result<Execution> run(const Submission& submission, const Language& language,
                                Progress& progress, SpareSlots& spare, std::stop_token stop) = 0;
};

// The boxes that a language runs in. Safe from any thread; they outlive whoever asks.
using BoxesOf = std::function<sandbox::Boxes&(const Language& language)>;

// What spares work that was done before, each with the same outcome; nullptr: it is done anew.
struct Shortcuts {
  ArtefactCache* cache = nullptr;
  WarmStarts* warm = nullptr;
  AheadStarts* ahead = nullptr;
  PrecompiledHeaders* headers = nullptr;
  QuickCompiles* quick = nullptr;
  WarmCompilers* compilers = nullptr;
};

// `clock` and the shortcuts outlive the runner.
std::unique_ptr<Runner> make_runner(BoxesOf boxes, const Clock& clock, Shortcuts shortcuts = {});

}  // namespace engine
