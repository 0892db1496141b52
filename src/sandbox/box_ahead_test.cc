#include <string>

#include <gmock/gmock.h>

#include "sandbox/native_test.h"

// A run that was started ahead, up to where it opens its program, is what it is otherwise. The
// shell stands for interpreters: it opens its program last, too.
namespace engine::sandbox {
namespace {

using ::testing::HasSubstr;

constexpr char kProgram[] = "main.sh";
constexpr char kCount[] = "set -- /proc/[0-9]*; echo $#";  // Of the processes that it sees.

RunSpec script(const std::string& text, std::string_view input = {}) {
  RunSpec spec = command({"/bin/sh", kProgram, "an argument"});
  spec.files = FileSet::make({
      {kProgram, text, false}
  });
  spec.input = input;
  return spec;
}

NativeOptions ahead_options(Reuse reuse) {
  NativeOptions options = test_options(reuse);
  options.instance = "ahead";
  return options;
}

class BoxAhead : public NativeTest, public ::testing::WithParamInterface<Reuse> {
 protected:
  void SetUp() override {
    NativeTest::SetUp();
    if (!IsSkipped()) boxes_ = make_boxes(ahead_options(GetParam()));
  }

  std::unique_ptr<Box> started(const RunSpec& spec) {
    auto box = boxes_->acquire("host");
    if (!box) throw std::runtime_error(box.error().message);
    if (const Status status = (*box)->start_ahead(spec, kProgram); !status) {
      throw std::runtime_error(status.error().message);
    }
    return *std::move(box);
  }

  static RunReport run(Box& box, const RunSpec& spec) {
    auto report = box.run(spec);
    if (!report) throw std::runtime_error(report.error().message);
    return *std::move(report);
  }

  std::unique_ptr<Boxes> boxes_;
};

TEST_P(BoxAhead, GoesOnWithItsProgramAndItsInput) {
  const RunSpec spec = script(
      "echo \"$0 $1\"; ls -l /box | tail -n +2 | cut -c1-10; cat /box/main.sh | wc -c; cat; "
      "echo err >&2; exit 3",
      "the input\n");
  const RunReport fresh = run_in(*boxes_, "host", spec);
  EXPECT_EQ(fresh.exit_code, 3);
  EXPECT_FALSE(fresh.ahead);
  const auto box = started(spec);
  const RunReport ahead = run(*box, spec);
  EXPECT_TRUE(ahead.ahead);
  EXPECT_EQ(ahead.end, End::kExited);
  EXPECT_EQ(ahead.exit_code, fresh.exit_code);
  EXPECT_EQ(ahead.stdout_text, fresh.stdout_text);
  EXPECT_EQ(ahead.stderr_text, fresh.stderr_text);
}

TEST_P(BoxAhead, WithoutInputItIsNotGivenAnyEither) {
  const RunSpec spec = script("ls -lL /proc/self/fd/0 | cut -c1; cat");
  const auto box = started(spec);
  const RunReport report = run(*box, spec);
  EXPECT_TRUE(report.ahead);
  EXPECT_EQ(report.stdout_text, "c\n");
}

TEST_P(BoxAhead, ServesOnce) {
  const RunSpec spec = script("echo one; ls -a /box");
  const auto box = started(spec);
  const RunReport first = run(*box, spec);
  const RunReport second = run(*box, spec);
  EXPECT_TRUE(first.ahead);
  EXPECT_FALSE(second.ahead);
  EXPECT_EQ(second.stdout_text, first.stdout_text);
}

TEST_P(BoxAhead, AnotherRunFindsNothingOfIt) {
  RunSpec more_memory = script(std::string("echo other; ls -a /box; ") + kCount);
  more_memory.limits.memory = 512_MiB;
  const RunReport fresh = run_in(*boxes_, "host", more_memory);
  const auto box = started(script("echo one"));
  const RunReport report = run(*box, more_memory);
  EXPECT_FALSE(report.ahead);
  EXPECT_EQ(report.stdout_text, fresh.stdout_text);
}

TEST_P(BoxAhead, ItsLimitsCountFromThen) {
  RunSpec spec = script("while :; do :; done");
  spec.limits.cpu_time = scaled(Microseconds{200'000});
  EXPECT_EQ(run(*started(spec), spec).end, End::kCpuTime);
  spec = script("sleep 60");
  spec.limits.wall_time = scaled(Microseconds{200'000});
  const auto box = started(spec);
  const RunReport slept = run(*box, spec);
  EXPECT_EQ(slept.end, End::kWallTime);
  EXPECT_GE(slept.wall_time, spec.limits.wall_time);
  spec = script("head -c 100M /dev/zero | tail");
  spec.limits.memory = 32_MiB;
  EXPECT_EQ(run(*started(spec), spec).end, End::kMemory);
}

TEST_P(BoxAhead, WhatNobodyWantsGoesWithItsBox) {
  for (int i = 0; i < 4; ++i)
    started(script("echo one"));
  EXPECT_EQ(run_in(*boxes_, "host", shell(kCount)).stdout_text, "1\n");
}

TEST_P(BoxAhead, WhatDoesNotOpenItsProgramCannotBe) {
  const auto box = boxes_->acquire("host");
  ASSERT_TRUE(box);
  const Status status = (*box)->start_ahead(command({"/bin/true"}), kProgram);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::kUnavailable);
  EXPECT_THAT(status.error().message, HasSubstr("ended before"));
  const auto report = (*box)->run(shell("echo"));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kUnavailable);
}

TEST_P(BoxAhead, ProgramsThatAPipeDoesNotHoldStartFresh) {
  const RunSpec spec = script("echo large\n" + std::string(100'000, '#'));
  const auto box = started(spec);
  const RunReport report = run(*box, spec);
  EXPECT_FALSE(report.ahead);
  EXPECT_EQ(report.stdout_text, "large\n");
}

INSTANTIATE_TEST_SUITE_P(Policies, BoxAhead,
                         ::testing::Values(Reuse::kRun, Reuse::kSubmission, Reuse::kPool),
                         policy_name);

}  // namespace
}  // namespace engine::sandbox
