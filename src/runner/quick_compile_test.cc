#include "runner/quick_compile.h"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/testing/headers_fixture.h"

namespace engine::testing {
namespace {

using sandbox::End;
using sandbox::RunReport;
using ::testing::ElementsAre;
using ::testing::StartsWith;

class QuickHeadersTest : public HeadersTest {};

TEST_F(QuickHeadersTest, ACompileThatSaysNothingCounts) {
  make();
  const auto execution = compile();
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_EQ(execution->outcome.verdict, Verdict::kAccepted);
  EXPECT_THAT(programs(), ElementsAre("/usr/bin/nc quick", "/box/main"));
  EXPECT_THAT(boxes().runs[0].spec.argv,
              ElementsAre("/usr/bin/nc", "-Winvalid-pch", "-Wmissing-include-dirs",
                          StartsWith("-I/opt/headers/"), "-O2", "main.n"));
  EXPECT_EQ(headers_->figures().counting, 1U);
}

TEST_F(QuickHeadersTest, WhatElseComesOfItIsDonePlainly) {
  RunReport warning = built();
  warning.log = "warning: main.n\n";
  RunReport no_file = built();
  no_file.taken[0].problem = "not a regular file";
  RunReport error = exited(1);
  error.log = "error: main.n\n";
  const RunReport reports[] = {warning,
                               no_file,
                               error,
                               RunReport{},
                               ended(End::kWallTime),
                               ended(End::kMemory),
                               ended(End::kOutput),
                               ended(End::kSignaled, SIGSEGV)};
  make();
  std::uint64_t vain = 0;
  for (const RunReport& report : reports) {
    boxes().runs.clear();
    listener_.heard.clear();
    quick_ = report;
    const auto execution = compile();
    ASSERT_TRUE(execution) << execution.error().message;
    EXPECT_EQ(execution->outcome.verdict, Verdict::kAccepted);
    EXPECT_EQ(execution->outcome.compile->output.head, "");
    EXPECT_THAT(programs(), ElementsAre("/usr/bin/nc quick", "/usr/bin/nc", "/box/main"));
    EXPECT_EQ(headers_->figures().in_vain, ++vain);
  }
  EXPECT_EQ(headers_->figures().counting, 0U);
}

// A compiler that prints one piece after the other, until it is told to stop.
class PrintingCompilerTest : public HeadersTest {
 protected:
  PrintingCompilerTest() {
    boxes().answer = [this](const FakeRun& run) -> Result<RunReport> {
      if (run.spec.argv[0] == "/usr/bin/nh") return made_;
      if (run.spec.argv[0] != "/usr/bin/nc") return RunReport{};
      return is_quick(run) ? print(run.spec) : built();
    };
    make();
  }

  RunReport print(const sandbox::RunSpec& spec) {
    RunReport report = quick_;
    printed_ = 0;
    for (const std::string& piece : pieces_) {
      if (spec.stop.stop_requested()) break;
      report.log += piece;
      ++printed_;
      spec.observer->on_output(stream_, piece);
    }
    if (spec.stop.stop_requested()) report.end = End::kStopped;
    return report;
  }

  Words pieces_;
  sandbox::Stream stream_ = sandbox::Stream::kStderr;
  std::size_t printed_ = 0;
};

TEST_F(PrintingCompilerTest, AnAttemptIsEndedByTheFirstLineThatFindsSomething) {
  pieces_ = {"main.n: In function", " 'main':\nmain.n:1: warn", "ing: unused", " [-Wunused]\n",
             "main.n:2: warning: too\n"};
  const auto execution = compile();
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_EQ(printed_, 4U);
  EXPECT_EQ(execution->outcome.verdict, Verdict::kAccepted);
  EXPECT_THAT(programs(), ElementsAre("/usr/bin/nc quick", "/usr/bin/nc", "/box/main"));
  EXPECT_EQ(listener_.output_bytes, 0U);
  EXPECT_EQ(headers_->figures().in_vain, 1U);
  EXPECT_TRUE(find());
}

TEST_F(PrintingCompilerTest, HeadersThatAreRefusedEndItToo) {
  pieces_ = {"In file included from main.n:1:\n", "x.h: warning: x.gch: not used",
             " because `X' is defined [-Winvalid-pch]\n", "main.n:2: warning: too\n"};
  EXPECT_EQ(compile()->outcome.verdict, Verdict::kAccepted);
  EXPECT_EQ(printed_, 3U);
  EXPECT_EQ(headers_->figures().refused, 1U);
  EXPECT_FALSE(find());
}

TEST_F(PrintingCompilerTest, OtherLinesDoNotEndIt) {
  pieces_ = {"main.n: In function 'main':\n", "ld: main.o\n"};
  EXPECT_EQ(compile()->outcome.verdict, Verdict::kAccepted);
  EXPECT_EQ(printed_, 2U);
  pieces_ = {"error: of what it was asked to print\n", "more\n"};
  stream_ = sandbox::Stream::kStdout;
  EXPECT_EQ(compile()->outcome.verdict, Verdict::kAccepted);
  EXPECT_EQ(printed_, 2U);
  EXPECT_EQ(headers_->figures().in_vain, 2U);
}

TEST_F(PrintingCompilerTest, AStopOfTheSubmissionEndsIt) {
  std::stop_source source;
  const auto print_plainly = boxes().answer;
  boxes().answer = [&](const FakeRun& run) {
    if (is_quick(run)) source.request_stop();
    return print_plainly(run);
  };
  const auto runner = make_runner(all_in(boxes()), clock_, {.headers = headers_.get()});
  const auto execution = runner->run(submission_, language_, listener_, spare_, source.get_token());
  EXPECT_EQ(execution.error().code, Errc::kConflict);
  EXPECT_THAT(programs(), ElementsAre("/usr/bin/nc quick"));
}

TEST_F(QuickHeadersTest, ALimitOfProcessorTimeIsPassedOnce) {
  make();
  quick_ = ended(End::kCpuTime);
  EXPECT_EQ(compile()->outcome.compile->verdict, Verdict::kTimeLimit);
  EXPECT_EQ(boxes().runs.size(), 1U);
}
TEST_F(QuickHeadersTest, AStopEndsIt) {
  make();
  listener_.may_start = false;
  const auto execution = compile();
  ASSERT_FALSE(execution);
  EXPECT_EQ(execution.error().code, Errc::kConflict);
}
// Of a language with a quick_compile, which `quick` answers.
class QuickCommandTest : public RunnerTest {
 protected:
  Result<Execution> run_quickly(const RunReport& quick) {
    submission_.files[0].name = submission_.entry = "main.n";
    RunReport plain = built();
    plain.log = "plainly";
    boxes().answer = [=](const FakeRun& run) -> Result<RunReport> {
      if (run.spec.argv[0] == "/opt/quick") return quick;
      return run.spec.argv[0] == "/usr/bin/nc" ? plain : RunReport{};
    };
    Language language = kNative;
    language.quick_compile = {"/opt/quick", "{options}", "{sources}"};
    return run(language);
  }
  std::vector<std::string> commands() {
    std::vector<std::string> commands;
    for (const FakeRun& run : boxes().runs)
      commands.push_back(run.spec.argv[0]);
    return commands;
  }

  QuickCompiles figures_;
};

TEST_F(QuickCommandTest, CountsWhereItLeavesAProgramAndSaysNothing) {
  quick_compiles_ = &figures_;
  submission_.options = {"-O2"};
  const auto execution = run_quickly(built());
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_THAT(commands(), ElementsAre("/opt/quick", "/box/main"));
  const auto& compile = boxes().runs[0];
  EXPECT_THAT(compile.spec.argv, ElementsAre("/opt/quick", "-O2", "main.n"));
  EXPECT_THAT(compile.spec.take, ElementsAre("main"));
  EXPECT_EQ(compile.files.size(), 1U);
  EXPECT_EQ(execution->outcome.verdict, Verdict::kAccepted);
  EXPECT_EQ(figures_.counting, 1U);
  EXPECT_EQ(figures_.in_vain, 0U);
}

TEST_F(QuickCommandTest, IsDonePlainlyAfterAnythingElse) {
  quick_compiles_ = &figures_;
  RunReport chatty = built();
  chatty.log = "a hint";
  const RunReport reports[] = {chatty, exited(1), exited(0), ended(End::kMemory),
                               cannot_start(ENOENT)};
  for (const RunReport& quick : reports) {
    boxes().runs.clear();
    const auto execution = run_quickly(quick);
    ASSERT_TRUE(execution) << execution.error().message;
    EXPECT_THAT(commands(), ElementsAre("/opt/quick", "/usr/bin/nc", "/box/main"));
    EXPECT_EQ(execution->outcome.compile->output.head, "plainly");
  }
  EXPECT_EQ(figures_.counting, 0U);
  EXPECT_EQ(figures_.in_vain, std::size(reports));
}

TEST_F(QuickCommandTest, IsNotTriedWhereCompilesAreToBePlain) {
  ASSERT_TRUE(run_quickly(built()));
  EXPECT_THAT(commands(), ElementsAre("/usr/bin/nc", "/box/main"));
}

}  // namespace
}  // namespace engine::testing
