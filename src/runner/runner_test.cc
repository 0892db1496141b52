#include "runner/runner.h"

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/testing/runner_fixture.h"

namespace engine::testing {
namespace {

using sandbox::End;
using sandbox::RunReport;
using ::testing::ElementsAre;

TEST_F(RunnerTest, AnInterpretedProgramRunsOnItsSources) {
  submission_.files.push_back({"data/x.txt", "1"});
  submission_.args = {"-a", "b c"};
  submission_.tests[0].input = "stdin";
  submission_.limits.memory = 100_MiB;
  answer(printed("hello\n"));
  const auto execution = run(kScript);
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_EQ(execution->outcome.verdict, Verdict::kAccepted);
  EXPECT_FALSE(execution->outcome.compile);

  ASSERT_EQ(boxes().runs.size(), 1U);
  const FakeRun& only = boxes().runs[0];
  EXPECT_THAT(only.spec.argv, ElementsAre("/usr/bin/script", "main.s", "-a", "b c"));
  EXPECT_THAT(only.spec.environment, ElementsAre("PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/box",
                                                 "LANG=C.UTF-8", "TMPDIR=/tmp"));
  EXPECT_EQ(only.input, "stdin");
  EXPECT_EQ(only.spec.limits.memory, 100_MiB);
  ASSERT_EQ(only.files.size(), 2U);
  EXPECT_EQ(only.files[1].name, "data/x.txt");
  EXPECT_EQ(only.files[0].content, "source");
}

struct EndCase {
  std::string label;
  RunReport report;
  Verdict want;
  int want_exit = 0;
  int want_signal = 0;
  TimeLimit want_clock = TimeLimit::kNone;
};

class RunnerEnd : public RunnerTest, public ::testing::WithParamInterface<EndCase> {};

TEST_P(RunnerEnd, HasItsVerdict) {
  answer(GetParam().report);
  const auto execution = run(kScript);
  ASSERT_TRUE(execution) << execution.error().message;
  const RunOutcome& outcome = execution->outcome.runs.at(0);
  EXPECT_EQ(outcome.verdict, GetParam().want);
  EXPECT_EQ(outcome.exit_code, GetParam().want_exit);
  EXPECT_EQ(outcome.signal, GetParam().want_signal);
  EXPECT_EQ(outcome.time_limit, GetParam().want_clock);
  EXPECT_EQ(execution->outcome.verdict, GetParam().want);
}

const EndCase kEnds[] = {
    {"exit_0", exited(0), Verdict::kAccepted},
    {"exit_3", exited(3), Verdict::kRuntimeError, 3},
    {"exit_137", exited(137), Verdict::kRuntimeError, 137},
    {"abort", ended(End::kSignaled, SIGABRT), Verdict::kRuntimeError, 0, SIGABRT},
    {"own_kill", ended(End::kSignaled), Verdict::kRuntimeError, 0, SIGKILL},
    {"cpu", ended(End::kCpuTime), Verdict::kTimeLimit, 0, SIGKILL, TimeLimit::kCpu},
    {"wall", ended(End::kWallTime), Verdict::kTimeLimit, 0, SIGKILL, TimeLimit::kWall},
    {"memory", ended(End::kMemory), Verdict::kMemoryLimit, 0, SIGKILL},
    {"output", ended(End::kOutput), Verdict::kOutputLimit, 0, SIGKILL},
};
INSTANTIATE_TEST_SUITE_P(Ends, RunnerEnd, ::testing::ValuesIn(kEnds),
                         [](const auto& test) { return test.param.label; });

TEST_F(RunnerTest, TheFirstTestThatIsNotAcceptedDecidesAndAllRun) {
  submission_.tests = {
      {"a", "1", "one"       },
      {"b", "2", "two"       },
      {"c", "3", std::nullopt},
      {"d", "4", "four"      }
  };
  boxes().answer = [](const FakeRun& run) {
    if (run.input == "1") return printed("one \n\n");
    return run.input == "3" ? exited(1) : printed("deux");
  };
  const auto execution = run(kScript);
  ASSERT_TRUE(execution) << execution.error().message;
  std::vector<Verdict> verdicts;
  std::vector<std::string> names;
  for (const RunOutcome& outcome : execution->outcome.runs) {
    verdicts.push_back(outcome.verdict);
    names.push_back(outcome.test);
  }
  EXPECT_THAT(names, ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(verdicts, ElementsAre(Verdict::kAccepted, Verdict::kWrongAnswer,
                                    Verdict::kRuntimeError, Verdict::kWrongAnswer));
  EXPECT_EQ(execution->outcome.verdict, Verdict::kWrongAnswer);
}

TEST_F(RunnerTest, TheFirstTestThatIsNotAcceptedMayEndIt) {
  submission_.stop_on_failure = true;
  submission_.tests = {
      {"a", "1", std::nullopt},
      {"b", "2", "two"       },
      {"c", "3", std::nullopt}
  };
  answer(printed("deux"));
  const auto execution = run(kScript);
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_EQ(execution->outcome.runs.size(), 2U);
  EXPECT_EQ(boxes().runs.size(), 2U);
  EXPECT_EQ(execution->outcome.verdict, Verdict::kWrongAnswer);
}

TEST_F(RunnerTest, ABadExitIsARuntimeErrorWhateverWasPrinted) {
  submission_.tests.resize(2);
  submission_.tests[0].expected_output = "yes";
  submission_.tests[1].expected_output = "no";
  RunReport report = printed("yes");
  report.exit_code = 1;
  answer(report);
  const auto execution = run(kScript);
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_EQ(execution->outcome.runs[0].verdict, Verdict::kRuntimeError);
  EXPECT_EQ(execution->outcome.runs[1].verdict, Verdict::kRuntimeError);
}

TEST_F(RunnerTest, EveryStreamAndTheLogAreObjects) {
  submission_.tests.resize(2);
  boxes().answer = [&](const FakeRun&) {
    const std::string n = std::to_string(boxes().runs.size());
    return RunReport{.stdout_text = "o" + n, .stderr_text = "e" + n, .log = "eo" + n};
  };
  const auto execution = run(kScript);
  ASSERT_TRUE(execution) << execution.error().message;
  const auto objects = objects_of(*execution);
  EXPECT_EQ(objects.size(), 5U);
  EXPECT_EQ(objects.at("runs/0/stdout.txt"), "o1");
  EXPECT_EQ(objects.at("runs/1/stderr.txt"), "e2");
  EXPECT_EQ(objects.at("log.txt"), "eo1eo2");
  EXPECT_EQ(execution->outcome.log_object, "log.txt");
  EXPECT_EQ(execution->outcome.runs[1].stderr_text.object, "runs/1/stderr.txt");
}

TEST_F(RunnerTest, SilenceIsNoObjectButStillALog) {
  const auto execution = run(kScript);
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_EQ(execution->objects, (std::vector<Object>{
                                    {"log.txt", ""}
  }));
  EXPECT_EQ(execution->outcome.runs[0].stdout_text.object, "");
}

TEST_F(RunnerTest, OutputFilesAreTakenByTheClientsNames) {
  submission_.output_files = {"plot.png", "none"};
  RunReport report;
  report.taken = {
      {.file = {"plot.png", "PNG"}},
      {.file = {"none"}, .problem = "missing"}
  };
  answer(report);
  const auto execution = run(kScript);
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_THAT(boxes().runs[0].spec.take, ElementsAre("plot.png", "none"));
  const auto& files = execution->outcome.runs[0].files;
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0], (OutputFile{"plot.png", 3_B, "runs/0/files/0", ""}));
  EXPECT_EQ(files[1], (OutputFile{"none", 0_B, "", "missing"}));
  EXPECT_EQ(objects_of(*execution).at("runs/0/files/0"), "PNG");
}

TEST_F(RunnerTest, OutputFilesOfAllRunsShareOneBound) {
  submission_.tests.resize(2);
  submission_.output_files = {"big"};
  RunReport report;
  report.taken.push_back({
      .file = {"big", std::string(100 << 20, 'x')}
  });
  answer(report);
  const auto execution = run(kScript);
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_EQ(execution->outcome.runs[1].files[0].problem, "above the limit");
}

TEST_F(RunnerTest, UsageIsPassedOn) {
  RunReport report;
  report.cpu_time = Microseconds{11};
  report.wall_time = Microseconds{22};
  report.memory = 33_KiB;
  report.processes = 4;
  answer(report);
  EXPECT_EQ(run(kScript)->outcome.runs[0].usage,
            (Usage{Microseconds{11}, Microseconds{22}, 33_KiB, 4}));
}

TEST_F(RunnerTest, ProgressIsToldByTest) {
  submission_.tests.resize(2);
  boxes().answer = [](const FakeRun& run) {
    run.spec.observer->on_usage({});
    run.spec.observer->on_output(sandbox::Stream::kStderr, "hm");
    return built();
  };
  submission_.files[0].name = submission_.entry = "main.n";
  ASSERT_TRUE(run(kNative));
  EXPECT_THAT(listener_.heard,
              ElementsAre("preparing -1", "compiling -1", "usage -1", "stderr -1 hm", "running 0",
                          "usage 0", "stderr 0 hm", "running 1", "usage 1", "stderr 1 hm"));
}

TEST_F(RunnerTest, EachStartIsAskedFor) {
  submission_.tests.resize(2);
  ASSERT_TRUE(run_native());
  EXPECT_EQ(listener_.starts, 3);
}

TEST_F(RunnerTest, WhatMustNotStartDoesNot) {
  listener_.may_start = false;
  EXPECT_EQ(run(kScript).error().code, Errc::kConflict);
  EXPECT_EQ(listener_.starts, 1);
  EXPECT_THAT(boxes().journal, ElementsAre("acquire", "release"));
}

TEST_F(RunnerTest, NothingStartsWithoutABox) {
  const Error busy{Errc::kUnavailable, "the container engine is away", {}};
  boxes().acquire_faults = {busy, busy, busy};
  EXPECT_EQ(run(kScript).error().code, Errc::kUnavailable);
  EXPECT_EQ(listener_.starts, 0);
}

TEST_F(RunnerTest, LiveOutputEndsAt64KiB) {
  boxes().answer = [](const FakeRun& run) {
    for (int i = 0; i < 7; ++i)
      run.spec.observer->on_output(sandbox::Stream::kStdout, std::string(10'000, 'x'));
    return RunReport{};
  };
  ASSERT_TRUE(run(kScript));
  EXPECT_EQ(listener_.output_bytes, 65'536U);
}

TEST_F(RunnerTest, PhasesAddUp) {
  ASSERT_TRUE(run_native());
  const Phases phases = run_native()->outcome.phases;
  EXPECT_EQ(phases.queued, Microseconds{0});
  EXPECT_EQ(phases.preparing, Milliseconds{2});
  EXPECT_EQ(phases.compiling, Milliseconds{1});
  EXPECT_EQ(phases.running, Milliseconds{1});
}

}  // namespace
}  // namespace engine::testing
