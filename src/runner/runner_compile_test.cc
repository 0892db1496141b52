#include <csignal>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/runner.h"
#include "runner/testing/runner_fixture.h"

namespace engine::testing {
namespace {

using sandbox::End;
using sandbox::RunReport;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(RunnerTest, ACompiledProgramRunsOnItsArtefactsAndTheClientsOtherFiles) {
  submission_.files = {
      {"main.n",   "code"},
      {"lib.n",    "more"},
      {"data.txt", "1"   }
  };
  submission_.options = {"-O2"};
  submission_.compile_limits.memory = 777_MiB;
  submission_.limits.memory = 33_MiB;
  const auto execution = run_native();
  ASSERT_TRUE(execution) << execution.error().message;
  ASSERT_EQ(boxes().runs.size(), 2U);
  const auto& [compile, test] = std::tie(boxes().runs[0], boxes().runs[1]);
  EXPECT_THAT(compile.spec.argv, ElementsAre("/usr/bin/nc", "-O2", "main.n", "lib.n"));
  EXPECT_THAT(compile.spec.take, ElementsAre("main"));
  EXPECT_EQ(compile.image, "tools");
  EXPECT_EQ(compile.files.size(), 3U);
  EXPECT_EQ(compile.spec.limits.memory, 777_MiB);
  EXPECT_THAT(test.spec.argv, ElementsAre("/box/main"));
  EXPECT_EQ(test.image, "tools");
  EXPECT_EQ(test.spec.limits.memory, 33_MiB);
  ASSERT_EQ(test.files.size(), 2U);
  EXPECT_EQ(test.files[0].name, "main");
  EXPECT_TRUE(test.files[0].executable);
  EXPECT_EQ(test.files[1].name, "data.txt");
  EXPECT_EQ(execution->outcome.compile->verdict, Verdict::kAccepted);
}

TEST_F(RunnerTest, TheCompileHasABoxOfItsOwn) {
  submission_.tests.resize(2);
  ASSERT_TRUE(run_native());
  EXPECT_THAT(boxes().journal,
              ElementsAre("acquire", "run", "release", "acquire", "run", "run", "release"));
}

TEST_F(RunnerTest, TheCompilersRefusalIsTheAnswer) {
  RunReport refusal = exited(1);
  refusal.log = "main.n:1: error\n";
  const auto execution = run_native(refusal);
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_EQ(execution->outcome.verdict, Verdict::kCompileError);
  EXPECT_EQ(execution->outcome.compile->verdict, Verdict::kRuntimeError);
  EXPECT_EQ(execution->outcome.compile->exit_code, 1);
  EXPECT_EQ(execution->outcome.compile->output.head, "main.n:1: error\n");
  EXPECT_THAT(execution->outcome.runs, IsEmpty());
  EXPECT_EQ(objects_of(*execution).at("log.txt"), "main.n:1: error\n");
  EXPECT_EQ(boxes().runs.size(), 1U);
}

TEST_F(RunnerTest, ACompileLimitIsACompileErrorThatSaysWhichLimit) {
  RunReport slow{.end = End::kCpuTime, .signal = SIGKILL, .truncated = true};
  const auto execution = run_native(slow);
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_EQ(execution->outcome.verdict, Verdict::kCompileError);
  EXPECT_EQ(execution->outcome.compile->verdict, Verdict::kTimeLimit);
  EXPECT_EQ(execution->outcome.compile->time_limit, TimeLimit::kCpu);
  EXPECT_TRUE(execution->outcome.compile->output.truncated);
  EXPECT_EQ(objects_of(*execution).at("log.txt"),
            "The compiler was stopped: it passed its CPU time limit.\n");
}

TEST_F(RunnerTest, WarningsAreKeptButNotInTheLog) {
  RunReport compile = built();
  compile.log = "warning\n";
  answer(printed("out"));
  const auto execution = run_native(compile);
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_EQ(execution->outcome.compile->output.head, "warning\n");
  EXPECT_EQ(objects_of(*execution).at("compile.txt"), "warning\n");
  EXPECT_EQ(objects_of(*execution).at("log.txt"), "out");
}

TEST_F(RunnerTest, AnArtefactThatIsNoFileIsACompileError) {
  for (const std::string problem : {"not a regular file", ""}) {
    boxes_ = std::make_unique<FakeBoxes>();
    RunReport report;
    if (!problem.empty()) report.taken.push_back({.file = {"main"}, .problem = problem});
    const auto execution = run_native(report);
    ASSERT_TRUE(execution) << execution.error().message;
    EXPECT_EQ(execution->outcome.verdict, Verdict::kCompileError);
    EXPECT_THAT(execution->outcome.compile->output.head, HasSubstr("cannot be used"));
    EXPECT_THAT(execution->outcome.compile->output.head, HasSubstr(problem));
    EXPECT_EQ(boxes().runs.size(), 1U);
  }
}

Language checked() {
  Language language = kScript;
  language.check = {"/usr/bin/check", "{entry}"};
  return language;
}

TEST_F(RunnerTest, AProgramThatWorksIsNotChecked) {
  EXPECT_FALSE(run(checked())->outcome.compile);
  EXPECT_EQ(boxes().runs.size(), 1U);
}

TEST_F(RunnerTest, ASourceThatDoesNotParseIsACompileError) {
  submission_.tests.resize(3);
  boxes().answer = [](const FakeRun& run) {
    RunReport report = exited(1);
    report.log = run.spec.argv[0] == "/usr/bin/check" ? "line 1: syntax\n" : "trace\n";
    return report;
  };
  const auto execution = run(checked());
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_EQ(execution->outcome.verdict, Verdict::kCompileError);
  EXPECT_EQ(execution->outcome.compile->output.head, "line 1: syntax\n");
  EXPECT_THAT(execution->outcome.runs, IsEmpty());
  EXPECT_EQ(objects_of(*execution).at("log.txt"), "line 1: syntax\n");
  EXPECT_EQ(boxes().runs.size(), 2U);
}

TEST_F(RunnerTest, AProgramThatParsesAndFailsIsARuntimeError) {
  submission_.tests.resize(3);
  boxes().answer = [](const FakeRun& run) {
    return exited(run.spec.argv[0] == "/usr/bin/check" ? 0 : 5);
  };
  const auto execution = run(checked());
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_EQ(execution->outcome.verdict, Verdict::kRuntimeError);
  EXPECT_EQ(execution->outcome.runs.size(), 3U);
  EXPECT_FALSE(execution->outcome.compile);
  EXPECT_EQ(boxes().runs.size(), 4U);
}

TEST_F(RunnerTest, ACheckThatIsEndedByALimitDecidesNothing) {
  boxes().answer = [](const FakeRun& run) {
    return run.spec.argv[0] == "/usr/bin/check" ? ended(End::kMemory) : exited(1);
  };
  EXPECT_EQ(run(checked())->outcome.verdict, Verdict::kRuntimeError);
}

}  // namespace
}  // namespace engine::testing
