#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runner/runner.h"
#include "sandbox/boxes.h"
#include "sandbox/run_check.h"

namespace engine::testing {

// Every language in the same boxes.
inline BoxesOf all_in(sandbox::Boxes& boxes) {
  return [&boxes](const Language&) -> sandbox::Boxes& { return boxes; };
}

// What a fake run was asked to do, with copies of what the spec only borrows.
struct FakeRun {
  int box = 0;  // Counts from 1, in the order of acquire().
  std::string image;
  sandbox::RunSpec spec;
  std::string input;
  std::vector<sandbox::File> files;
};

// Boxes that run nothing: every run is answered by `answer`, and everything is written down.
class FakeBoxes : public sandbox::Boxes {
 public:
  using Answer = std::function<Result<sandbox::RunReport>(const FakeRun& run)>;

  explicit FakeBoxes(sandbox::Reuse reuse = sandbox::Reuse::kSubmission) : reuse_(reuse) {}

  Result<std::unique_ptr<sandbox::Box>> acquire(const std::string& image) override {
    if (!acquire_faults.empty()) {
      Error fault = std::move(acquire_faults.back());
      acquire_faults.pop_back();
      return fault;
    }
    journal.push_back("acquire");
    return std::unique_ptr<sandbox::Box>(std::make_unique<FakeBox>(*this, ++boxes_, image));
  }
  bool can_thaw() const override { return thaws; }
  bool can_start_ahead() const override { return starts_ahead; }
  sandbox::Reuse reuse() const override { return reuse_; }
  int ready() const override { return 0; }

  Answer answer = [](const FakeRun&) { return sandbox::RunReport{}; };
  bool thaws = false;
  bool starts_ahead = false;
  std::vector<FakeRun> starts;        // Those ahead; `input` is what it would be.
  std::string start_fault;            // Empty: runs can be started ahead.
  std::vector<Error> acquire_faults;  // Taken from the end, one for each acquire().
  std::vector<FakeRun> runs;
  std::vector<std::string> journal;  // "acquire", "run", "release", in their order.

 private:
  class FakeBox : public sandbox::Box {
   public:
    FakeBox(FakeBoxes& boxes, int number, std::string image)
        : boxes_(boxes), number_(number), image_(std::move(image)) {}
    ~FakeBox() override { boxes_.journal.push_back("release"); }

    Result<sandbox::RunReport> run(const sandbox::RunSpec& spec) override {
      if (!sandbox::may_start(spec)) return sandbox::RunReport{.end = sandbox::End::kStopped};
      boxes_.journal.push_back("run");
      FakeRun run{number_, image_, spec, std::string(spec.input), {}};
      if (spec.files) run.files = spec.files->files();
      boxes_.runs.push_back(run);
      return boxes_.answer(run);
    }

    Status start_ahead(const sandbox::RunSpec& spec, const std::string& program) override {
      if (!boxes_.start_fault.empty()) return Error{Errc::kUnavailable, boxes_.start_fault, {}};
      boxes_.starts.push_back(
          {number_, image_, spec, std::string(spec.input), {{program, "", false}}});
      return Ok{};
    }
    Bytes memory_now() const override { return 1_MiB; }

   private:
    FakeBoxes& boxes_;
    const int number_;
    const std::string image_;
  };

  const sandbox::Reuse reuse_;
  int boxes_ = 0;
};

}  // namespace engine::testing
