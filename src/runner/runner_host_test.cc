#include <cerrno>
#include <stop_token>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/runner.h"
#include "runner/testing/runner_fixture.h"

namespace engine::testing {
namespace {

using sandbox::End;
using sandbox::Reuse;
using sandbox::RunReport;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(RunnerTest, EveryRunHasAFreshBoxWhereThePolicySaysSo) {
  boxes_ = std::make_unique<FakeBoxes>(Reuse::kRun);
  submission_.tests.resize(2);
  ASSERT_TRUE(run(kScript));
  EXPECT_THAT(boxes().journal,
              ElementsAre("acquire", "run", "release", "acquire", "run", "release"));
}

TEST_F(RunnerTest, AWallOverrunOfAStalledHostIsRunOnceMore) {
  RunReport stalled = ended(End::kWallTime);
  stalled.host_stalled = true;
  boxes().answer = [&](const FakeRun&) {
    return boxes().runs.size() == 1 ? stalled : printed("late");
  };
  const auto execution = run(kScript);
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_EQ(execution->outcome.verdict, Verdict::kAccepted);
  EXPECT_TRUE(execution->outcome.runs[0].repeated);
}

TEST_F(RunnerTest, TheSecondStallCounts) {
  RunReport stalled = ended(End::kWallTime);
  stalled.host_stalled = true;
  answer(stalled);
  submission_.tests.resize(2);
  const auto execution = run(kScript);
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_EQ(execution->outcome.verdict, Verdict::kTimeLimit);
  EXPECT_EQ(boxes().runs.size(), 4U);
}

TEST_F(RunnerTest, AProgramsOwnOverrunIsNotRepeated) {
  answer(ended(End::kWallTime));
  EXPECT_FALSE(run(kScript)->outcome.runs[0].repeated);
  RunReport cpu = ended(End::kCpuTime);
  cpu.host_stalled = true;
  answer(cpu);
  EXPECT_FALSE(run(kScript)->outcome.runs[0].repeated);
  EXPECT_EQ(boxes().runs.size(), 2U);
}

TEST_F(RunnerTest, ALostBoxIsReplaced) {
  boxes().answer = [&](const FakeRun&) -> Result<RunReport> {
    if (boxes().runs.size() == 1) return Error{Errc::kUnavailable, "init is gone", {}};
    return printed("fine");
  };
  EXPECT_EQ(run(kScript)->outcome.verdict, Verdict::kAccepted);
  EXPECT_THAT(boxes().journal,
              ElementsAre("acquire", "run", "release", "acquire", "run", "release"));
}

TEST_F(RunnerTest, AHostThatFailsAgainAndAgainIsAnError) {
  boxes().answer = [](const FakeRun&) { return Error{Errc::kUnavailable, "no processes", {}}; };
  const auto execution = run(kScript);
  ASSERT_FALSE(execution);
  EXPECT_EQ(execution.error().code, Errc::kUnavailable);
  EXPECT_EQ(execution.error().message, "no processes");
  EXPECT_EQ(boxes().runs.size(), 3U);
}

TEST_F(RunnerTest, ABoxThatCannotBeBuiltAtOnceIsWaitedFor) {
  const Error busy{Errc::kUnavailable, "no network namespace", {}};
  boxes().acquire_faults = {busy, busy};
  EXPECT_TRUE(run(kScript));
  boxes().acquire_faults = {busy, busy, busy};
  EXPECT_EQ(run(kScript).error().message, "no network namespace");
}

TEST_F(RunnerTest, AWrongImageIsNotTriedTwice) {
  const Error wrong{Errc::kInvalid, "no image 'tools'", {}};
  boxes().acquire_faults = {wrong, wrong};
  EXPECT_EQ(run(kScript).error().code, Errc::kInvalid);
  EXPECT_EQ(boxes().acquire_faults.size(), 1U);
}

TEST_F(RunnerTest, AStopIsAConflict) {
  std::stop_source source;
  boxes().answer = [&](const FakeRun& run) {
    EXPECT_TRUE(run.spec.stop.stop_possible());
    source.request_stop();
    return ended(End::kStopped);
  };
  EXPECT_EQ(run(kScript, source.get_token()).error().code, Errc::kConflict);
  EXPECT_EQ(run(kScript, source.get_token()).error().code, Errc::kConflict);
  EXPECT_EQ(boxes().runs.size(), 1U);
}

TEST_F(RunnerTest, AMissingInterpreterIsTheHostsFault) {
  answer(cannot_start(ENOENT));
  const auto execution = run(kScript);
  ASSERT_FALSE(execution);
  EXPECT_EQ(execution.error().code, Errc::kUnavailable);
  EXPECT_THAT(execution.error().message, HasSubstr("/usr/bin/script"));
  EXPECT_EQ(run_native(cannot_start(ENOENT)).error().code, Errc::kUnavailable);
}

TEST_F(RunnerTest, AnArtefactThatCannotBeExecutedIsTheProgramsFault) {
  answer(cannot_start(ENOEXEC));
  const auto execution = run_native();
  ASSERT_TRUE(execution) << execution.error().message;
  const RunOutcome& outcome = execution->outcome.runs.at(0);
  EXPECT_EQ(outcome.verdict, Verdict::kRuntimeError);
  EXPECT_EQ(outcome.exit_code, 126);
  EXPECT_EQ(outcome.stderr_text.head, "cannot start /box/main: Exec format error\n");
  EXPECT_EQ(objects_of(*execution).at("log.txt"), outcome.stderr_text.head);
}

TEST_F(RunnerTest, ArgumentsThatDoNotFitAreTheClientsFault) {
  answer(cannot_start(E2BIG));
  EXPECT_EQ(run(kScript)->outcome.runs.at(0).exit_code, 126);
}

}  // namespace
}  // namespace engine::testing
