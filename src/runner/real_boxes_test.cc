// Every sample program of every language, in native boxes of this machine.

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "language/language.h"
#include "runner/probe.h"
#include "runner/testing/compiler_limits.h"
#include "runner/testing/corpus.h"
#include "runner/testing/go_cache.h"
#include "runner/testing/runner_fixture.h"
#include "sandbox/native.h"

namespace engine::testing {
namespace {

namespace fs = std::filesystem;

const fs::path kSamples = ENGINE_SOURCE_DIR "/tests/samples";

// The boxes and the languages that all tests share, or why there are none.
struct Machine {
  std::unique_ptr<sandbox::Boxes> boxes;
  std::unique_ptr<Languages> languages;
  std::string problem;
};

Machine make_machine() {
  sandbox::NativeOptions options;
  options.ceiling = kCompilerCeiling;
  options.images[0].resources = {kGoCache};
  auto manager = sandbox::Manager::fork(options);
  if (!manager) return {.problem = manager.error().message};
  auto boxes = sandbox::make_native_boxes(*std::move(manager), options);
  if (!boxes) return {.problem = boxes.error().message};
  auto languages = Languages::load(ENGINE_SOURCE_DIR "/languages");
  if (!languages) return {.problem = languages.error().message};
  probe(*languages, all_in(**boxes));
  return {*std::move(boxes), std::make_unique<Languages>(*std::move(languages)), {}};
}

Machine& machine() {
  static Machine made = make_machine();
  return made;
}

std::vector<fs::path> all_samples() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(kSamples)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

Submission submission_of(const fs::path& sample, const Language& language) {
  Submission submission;
  submission.language = language.id;
  submission.files = {
      {sample.filename(), text_of(sample)}
  };
  submission.entry = sample.filename();
  submission.tests = {
      {"", "1 2 3\n40 -5\n100\n", std::nullopt}
  };
  const bool endless = sample.stem() == "infinite_loop";
  const Limits base{.cpu_time = Milliseconds{endless ? 500 : 5'000}};
  submission.limits = overlay(base, language.limits);
  submission.limits.wall_time = Milliseconds{60'000};
  submission.compile_limits = overlay(kCompilerLimits, language.compile_limits);
  submission.compile_limits.wall_time = kCompilerLimits.wall_time;
  return submission;
}

Verdict wanted(const std::string& sample) {
  if (sample == "compile_error") return Verdict::kCompileError;
  if (sample == "runtime_error") return Verdict::kRuntimeError;
  if (sample == "infinite_loop") return Verdict::kTimeLimit;
  return Verdict::kAccepted;
}

std::string wanted_output(const std::string& sample) {
  if (sample == "sum") return "141\n";
  return sample == "other_class" ? "42\n" : "Hello, world!\n";
}

class Sample : public ::testing::TestWithParam<fs::path> {};

TEST_P(Sample, HasItsVerdict) {
  if (!machine().problem.empty()) GTEST_SKIP() << machine().problem;
  const fs::path& sample = GetParam();
  const auto* entry = machine().languages->find(sample.parent_path().filename().string());
  ASSERT_NE(entry, nullptr);
  if (entry->version.empty()) GTEST_SKIP() << entry->problem;
  Listener listener;
  NoSpareSlots spare;
  const auto runner = make_runner(all_in(*machine().boxes), system_clock());
  const auto execution =
      runner->run(submission_of(sample, entry->language), entry->language, listener, spare, {});
  ASSERT_TRUE(execution) << execution.error().message;
  const std::string stem = sample.stem();
  ASSERT_EQ(to_string(execution->outcome.verdict), to_string(wanted(stem)))
      << execution->objects.back().bytes;
  if (wanted(stem) != Verdict::kAccepted) return;
  const RunOutcome& run = execution->outcome.runs.at(0);
  EXPECT_EQ(run.stdout_text.head, wanted_output(stem));
  EXPECT_EQ(run.stderr_text.head, "");
}

INSTANTIATE_TEST_SUITE_P(Languages, Sample, ::testing::ValuesIn(all_samples()),
                         [](const auto& test) {
                           return test.param.parent_path().filename().string() + "_" +
                                  test.param.stem().string();
                         });

}  // namespace
}  // namespace engine::testing
