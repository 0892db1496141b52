#include <csignal>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/test_directory.h"
#include "runner/artefact_cache.h"
#include "runner/testing/runner_fixture.h"

namespace engine::testing {
namespace {

using sandbox::End;
using sandbox::RunReport;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RunnerCacheTest : public RunnerTest {
 protected:
  RunnerCacheTest() { open({}); }

  void open(ArtefactCacheOptions options) {
    cache_ = std::make_unique<ArtefactCache>(
        options, directory_.path() + "/cache", Bytes{0},
        [this](const Language&) { return toolchain_; }, clock_);
  }

  // What a compile of its own, and one after it, come to; and whether the second was compiled.
  bool compiles_again(RunReport compile) {
    EXPECT_TRUE(run_native(compile));
    boxes_ = std::make_unique<FakeBoxes>();
    EXPECT_TRUE(run_native(compile));
    return !boxes().runs.empty() && boxes().runs[0].spec.argv[0] == "/usr/bin/nc";
  }

  TestDirectory directory_;
  std::string toolchain_ = "nc 1";
};

RunReport with_warning() {
  RunReport report = built();
  report.log = "a warning\n";
  report.cpu_time = Microseconds{70'000};
  report.wall_time = Microseconds{80'000};
  report.memory = 40_MiB;
  report.processes = 3;
  return report;
}

TEST_F(RunnerCacheTest, TheAnswerIsThatOfTheCompileButForItsMark) {
  submission_.files = {
      {"main.n",   "code"},
      {"data.txt", "1"   }
  };
  const auto fresh = run_native(with_warning());
  ASSERT_TRUE(fresh);
  EXPECT_FALSE(fresh->outcome.compile->cached);
  const auto bundle = boxes().runs.back().spec.files;
  boxes_ = std::make_unique<FakeBoxes>();
  for (const bool later : {false, true}) {
    if (later) open({});
    listener_.heard.clear();
    boxes().runs.clear();
    const auto again = run_native(ended(End::kMemory));
    ASSERT_TRUE(again);
    CompileOutcome expected = *fresh->outcome.compile;
    expected.cached = true;
    EXPECT_EQ(again->outcome.compile, expected);
    EXPECT_EQ(again->outcome.verdict, Verdict::kAccepted);
    EXPECT_EQ(objects_of(*again), objects_of(*fresh));
    EXPECT_THAT(listener_.heard, ElementsAre("preparing -1", "compiling -1", "running 0"));
    ASSERT_EQ(boxes().runs.size(), 1U);
    EXPECT_THAT(boxes().runs[0].spec.argv, ElementsAre("/box/main"));
    ASSERT_EQ(boxes().runs[0].files.size(), 2U);
    EXPECT_EQ(boxes().runs[0].files[0].content, "ELF");
    EXPECT_TRUE(boxes().runs[0].files[0].executable);
    EXPECT_EQ(boxes().runs[0].files[1].name, "data.txt");
    EXPECT_EQ(boxes().runs[0].spec.files == bundle, !later);
  }
}

TEST_F(RunnerCacheTest, ARefusalIsAnsweredWithoutAnyBox) {
  RunReport refusal = exited(1);
  refusal.log = "main.n:1: error\n";
  const auto fresh = run_native(refusal);
  ASSERT_TRUE(fresh);
  boxes_ = std::make_unique<FakeBoxes>();
  const auto again = run_native();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->outcome.verdict, Verdict::kCompileError);
  EXPECT_TRUE(again->outcome.compile->cached);
  EXPECT_EQ(again->outcome.compile->output, fresh->outcome.compile->output);
  EXPECT_EQ(objects_of(*again), objects_of(*fresh));
  EXPECT_THAT(boxes().journal, IsEmpty());
}

TEST_F(RunnerCacheTest, WhatTheCompilerDidNotComeToByItselfIsNotKept) {
  RunReport truncated = exited(1);
  truncated.truncated = true;
  RunReport no_file = built();
  no_file.taken[0].problem = "not a regular file";
  const RunReport reports[] = {ended(End::kCpuTime),
                               ended(End::kWallTime),
                               ended(End::kMemory),
                               ended(End::kOutput),
                               ended(End::kSignaled, SIGSEGV),
                               exited(137),
                               exited(127),
                               truncated,
                               no_file,
                               RunReport{}};
  for (const RunReport& report : reports)
    EXPECT_TRUE(compiles_again(report));
  EXPECT_FALSE(compiles_again(built()));  // The same submission, so nothing else was in the way.
}

TEST_F(RunnerCacheTest, ARefusalThatMayBeTheHostsIsNotKept) {
  for (const char* words :
       {"c++: fatal error: Killed signal terminated program cc1plus",
        "cc1plus: out of memory allocating 65536 bytes", "as: main.o: No space left on device",
        "gcc: fatal error: cannot execute 'cc1': posix_spawn: No such file or directory",
        "go: fork/exec /usr/lib/go/compile: resource temporarily unavailable",
        "main.cpp:1: internal compiler error: Segmentation fault",
        "java.lang.OutOfMemoryError: Java heap space",
        "error: could not compile (signal: 9, SIGKILL: kill)"}) {
    RunReport refusal = exited(1);
    refusal.log = words;
    EXPECT_TRUE(compiles_again(refusal)) << words;
  }
  RunReport warned = built();
  warned.log = "warning: the tmp file was killed";
  EXPECT_FALSE(compiles_again(warned)) << "a program is one, whatever was said meanwhile";
}

TEST_F(RunnerCacheTest, AHostThatFailsIsNotKept) {
  boxes().acquire_faults.assign(3, {Errc::kUnavailable, "no box", {}});
  ASSERT_FALSE(run_native());
  EXPECT_FALSE(run_native()->outcome.compile->cached);
}

TEST_F(RunnerCacheTest, ARequestMayDoWithoutIt) {
  submission_.cache = false;
  EXPECT_TRUE(compiles_again(built()));
  submission_.cache = true;
  EXPECT_FALSE(compiles_again(built()));
  submission_.cache = false;
  const auto execution = run_native();
  EXPECT_FALSE(execution->outcome.compile->cached);
}

TEST_F(RunnerCacheTest, AnotherToolchainCompilesAnew) {
  ASSERT_TRUE(run_native());
  toolchain_ = "nc 2";
  boxes_ = std::make_unique<FakeBoxes>();
  EXPECT_FALSE(run_native()->outcome.compile->cached);
}

TEST_F(RunnerCacheTest, OwnersShareItUnlessTheOperatorSaysOtherwise) {
  for (const bool per_owner : {false, true}) {
    open({.per_owner = per_owner});
    submission_.files[0].content = per_owner ? "one" : "two";
    submission_.owner = {"alice"};
    EXPECT_FALSE(run_native()->outcome.compile->cached);
    submission_.owner = {"bob"};
    EXPECT_EQ(run_native()->outcome.compile->cached, !per_owner);
    submission_.owner = {"alice"};
    EXPECT_TRUE(run_native()->outcome.compile->cached);
  }
}

TEST_F(RunnerCacheTest, WhatIsInterpretedDoesNotTouchIt) {
  ASSERT_TRUE(run(kScript));
  EXPECT_EQ(cache_->figures().misses, 0U);
}

}  // namespace
}  // namespace engine::testing
