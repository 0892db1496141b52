#pragma once

#include <csignal>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "runner/artefact_cache.h"
#include "runner/quick_compile.h"
#include "runner/runner.h"
#include "runner/testing/fake_boxes.h"

namespace engine::testing {

// Every reading is one millisecond after the one before.
class StepClock : public Clock {
 public:
  WallTime wall() const override { return {}; }
  SteadyTime steady() const override { return SteadyTime{} + Milliseconds{++steps_}; }

 private:
  mutable int steps_ = 0;
};

// Writes down what it hears: "preparing -1", "running 0", "usage 0", "stdout 0 text".
class Listener : public Progress {
 public:
  bool on_start() override {
    ++starts;
    return may_start;
  }
  void on_phase(Phase phase, int test) override {
    constexpr const char* kNames[] = {"preparing", "compiling", "running"};
    heard.push_back(kNames[static_cast<int>(phase)] + (" " + std::to_string(test)));
  }
  void on_usage(int test, const sandbox::LiveUsage&) override {
    heard.push_back("usage " + std::to_string(test));
  }
  void on_output(int test, sandbox::Stream stream, std::string_view bytes) override {
    const char* name = stream == sandbox::Stream::kStdout ? "stdout " : "stderr ";
    heard.push_back(name + std::to_string(test) + " " + std::string(bytes));
    output_bytes += bytes.size();
  }

  std::vector<std::string> heard;
  std::size_t output_bytes = 0;
  int starts = 0;
  bool may_start = true;
};

inline const Language kScript{
    .id = "script", .extensions = {"s"},
         .source = "main.s", .run = {"/usr/bin/script", "{entry}"}
};
inline const Language kNative{
    .id = "native",
    .extensions = {"n"},
    .source = "main.n",
    .compile = {"/usr/bin/nc", "{options}", "{sources}"},
    .run = {"/box/main"},
    .artefacts = {"main"},
    .image = "tools"
};

inline sandbox::RunReport printed(std::string text) {
  return {.stdout_text = text, .log = std::move(text)};
}
inline sandbox::RunReport exited(int code) {
  return {.exit_code = code};
}
inline sandbox::RunReport built() {
  sandbox::RunReport report;
  report.taken.push_back({
      .file = {"main", "ELF", true}
  });
  return report;
}

inline sandbox::RunReport ended(sandbox::End end, int signal = SIGKILL) {
  return {.end = end, .signal = signal};
}
inline sandbox::RunReport cannot_start(int code) {
  return {.end = sandbox::End::kCannotStart, .start_errno = code};
}

// Runs one submission, of one file and one test unless the test says otherwise, in fake boxes.
class RunnerTest : public ::testing::Test {
 protected:
  RunnerTest() {
    submission_.files = {
        {"main.s", "source"}
    };
    submission_.entry = "main.s";
    submission_.tests = {{}};
  }

  Result<Execution> run(const Language& language, std::stop_token stop = {}) {
    const auto runner =
        make_runner(all_in(boxes()), clock_, {.cache = cache_.get(), .quick = quick_compiles_});
    return runner->run(submission_, language, listener_, spare_, stop);
  }
  // For a native program: `compile` answers the compiler's run, `answer` those of the tests.
  Result<Execution> run_native(sandbox::RunReport compile = built()) {
    submission_.files[0].name = submission_.entry = "main.n";
    auto answer = boxes().answer;
    boxes().answer = [=](const FakeRun& run) -> Result<sandbox::RunReport> {
      return run.spec.argv[0] == "/usr/bin/nc" ? compile : answer(run);
    };
    return run(kNative);
  }
  void answer(sandbox::RunReport report) {
    boxes().answer = [=](const FakeRun&) { return report; };
  }
  FakeBoxes& boxes() { return *boxes_; }

  static std::map<std::string, std::string> objects_of(const Execution& execution) {
    std::map<std::string, std::string> objects;
    for (const Object& object : execution.objects)
      objects[object.name] = object.bytes;
    return objects;
  }

  std::unique_ptr<FakeBoxes> boxes_ = std::make_unique<FakeBoxes>();
  StepClock clock_;
  std::unique_ptr<ArtefactCache> cache_;  // None, unless a test has one.
  QuickCompiles* quick_compiles_ = nullptr;
  Listener listener_;
  NoSpareSlots spare_;
  Submission submission_;
};

}  // namespace engine::testing
