// Warm starts in native boxes of this machine, through the runner.

#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "runner/testing/runner_fixture.h"
#include "runner/warm_starts.h"
#include "sandbox/native.h"

namespace engine::testing {
namespace {

std::unique_ptr<sandbox::Boxes> make_boxes() {
  sandbox::NativeOptions options;
  options.ceiling.memory = 1_GiB;
  options.ceiling.processes = 256;
  options.ceiling.disk = 512_MiB;
  auto manager = sandbox::Manager::fork(options);
  if (!manager) return nullptr;
  auto boxes = sandbox::make_native_boxes(*std::move(manager), options);
  return boxes ? *std::move(boxes) : nullptr;
}

Submission python_submission(std::string program) {
  Submission submission;
  submission.language = "python";
  submission.files = {
      {"main.py", std::move(program)}
  };
  submission.entry = "main.py";
  submission.tests.resize(1);
  return submission;
}

class WarmBoxes : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "native boxes need root";
    boxes_ = make_boxes();
    ASSERT_NE(boxes_, nullptr);
    if (!boxes_->can_thaw()) GTEST_SKIP() << "no interpreter can be frozen on this machine";
    auto languages = Languages::load(ENGINE_SOURCE_DIR "/languages");
    ASSERT_TRUE(languages) << languages.error().message;
    language_ = languages->find("python")->language;
    warm_ = std::make_unique<WarmStarts>(all_in(*boxes_), options_);
    runner_ = make_runner(all_in(*boxes_), clock_, {.warm = warm_.get()});
  }

  RunOutcome run(const Submission& submission) {
    Listener listener;
    auto execution = runner_->run(submission, language_, listener, spare_, {});
    EXPECT_TRUE(execution) << execution.error().message;
    if (!execution || execution->outcome.runs.size() != 1) return {};
    return std::move(execution->outcome.runs[0]);
  }

  // Has a start made, by running something.
  void warm_up() {
    run(python_submission("pass"));
    warm_->settle();
    ASSERT_GT(warm_->memory(), Bytes{0});
  }

  WarmOptions options_;
  StepClock clock_;
  std::unique_ptr<sandbox::Boxes> boxes_;
  Language language_;
  std::unique_ptr<WarmStarts> warm_;
  std::unique_ptr<Runner> runner_;
  NoSpareSlots spare_;
};

TEST_F(WarmBoxes, APreloadedStartSharesNoRandomNumbers) {
  const auto program = python_submission(
      "import numpy, random, sys\n"
      "print(numpy.random.random(), random.random(), numpy.random.default_rng().random())\n");
  run(program);
  warm_->settle();
  const auto first = run(program);
  const auto second = run(program);
  EXPECT_EQ(warm_->runs(), 2);
  EXPECT_EQ(first.verdict, Verdict::kAccepted) << first.stderr_text.head;
  std::istringstream one(first.stdout_text.head);
  std::istringstream other(second.stdout_text.head);
  int compared = 0;
  for (double a = 0, b = 0; one >> a && other >> b; ++compared)
    EXPECT_NE(a, b);
  EXPECT_EQ(compared, 3);
}

TEST_F(WarmBoxes, TheFirstRunStartsFreshAndLaterOnesGoOn) {
  warm_up();
  EXPECT_EQ(warm_->runs(), 0);
  EXPECT_EQ(run(python_submission("print('hello')")).stdout_text.head, "hello\n");
  EXPECT_EQ(warm_->runs(), 1);
}

TEST_F(WarmBoxes, ARequestMayHaveItsRunsStartFresh) {
  warm_up();
  Submission submission = python_submission("print('hello')");
  submission.warm = false;
  EXPECT_EQ(run(submission).stdout_text.head, "hello\n");
  EXPECT_EQ(warm_->runs(), 0);
}

// What a run shares with others counts as if it did not.
TEST_F(WarmBoxes, MemoryIsCountedAndLimitedAsInAFreshStart) {
  warm_up();
  constexpr int kLimitMib = 64;
  for (const int mib : {1, 30, 48, 52, 60, 64}) {
    Submission submission =
        python_submission("x = bytearray(" + std::to_string(mib << 20) + ")\nprint(len(x))");
    submission.limits.memory = Bytes{kLimitMib << 20};
    const RunOutcome warm = run(submission);
    submission.warm = false;
    const RunOutcome fresh = run(submission);
    EXPECT_EQ(warm.verdict, fresh.verdict) << mib;
    EXPECT_NEAR(static_cast<double>(warm.usage.memory.count),
                static_cast<double>(fresh.usage.memory.count), 1.5 * (1 << 20))
        << mib;
  }
  EXPECT_EQ(warm_->runs(), 6);
}

class WarmBoxesOfFewRuns : public WarmBoxes {
 protected:
  WarmBoxesOfFewRuns() { options_.runs = 2; }
};

TEST_F(WarmBoxesOfFewRuns, AStartIsReplacedAndWithItTheHashSeed) {
  warm_up();
  const auto hash = [this] { return run(python_submission("print(hash('a'))")).stdout_text.head; };
  const std::string first = hash();
  EXPECT_EQ(hash(), first);
  warm_->settle();
  EXPECT_NE(hash(), first);
  EXPECT_EQ(warm_->runs(), 3);
}

}  // namespace
}  // namespace engine::testing
