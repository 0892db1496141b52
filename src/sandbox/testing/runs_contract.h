#pragma once

#include <atomic>
#include <cerrno>
#include <csignal>
#include <stop_token>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "sandbox/testing/box_contract.h"

// What a box does with a command and says of it.
namespace engine::sandbox {

class BoxRuns : public BoxContract {};

TEST_P(BoxRuns, RunsACommandAndKeepsItsOutput) {
  const RunReport report = run(shell("echo out; echo err >&2"));
  EXPECT_EQ(report.end, End::kExited);
  EXPECT_EQ(report.exit_code, 0);
  EXPECT_EQ(report.stdout_text, "out\n");
  EXPECT_EQ(report.stderr_text, "err\n");
  EXPECT_FALSE(report.truncated);
  EXPECT_GT(report.wall_time.count(), 0);
  EXPECT_GT(report.cpu_time.count(), 0);
  EXPECT_GE(report.processes, 1);
}

TEST_P(BoxRuns, TellsExitCodesAndSignals) {
  const RunReport exited = run(shell("exit 42"));
  EXPECT_EQ(exited.end, End::kExited);
  EXPECT_EQ(exited.exit_code, 42);
  for (const int signal : {SIGKILL, SIGSEGV, SIGABRT, SIGXCPU, SIGTERM}) {
    const RunReport report = run(shell("kill -" + std::to_string(signal) + " $$"));
    EXPECT_EQ(report.end, End::kSignaled) << signal;
    EXPECT_EQ(report.signal, signal);
  }
}

TEST_P(BoxRuns, SaysWhyACommandCannotStart) {
  RunSpec spec = shell("");
  spec.argv = {"/usr/bin/no-such-program"};
  const RunReport absent = run(spec);
  EXPECT_EQ(absent.end, End::kCannotStart);
  EXPECT_EQ(absent.start_errno, ENOENT);
  spec.argv = {"/etc/passwd"};
  EXPECT_EQ(run(spec).start_errno, EACCES);
}

TEST_P(BoxRuns, GivesExactlyTheArgumentsAndTheEnvironment) {
  RunSpec spec = shell("printf '%s|' \"$@\"; env");
  spec.argv.insert(spec.argv.end(), {"sh", "a b", "", "*"});
  spec.environment = {"PATH=/usr/bin", "GREETING=hello world"};
  const RunReport report = run(spec);
  EXPECT_THAT(report.stdout_text, ::testing::StartsWith("a b||*|"));
  EXPECT_THAT(report.stdout_text, ::testing::HasSubstr("GREETING=hello world\n"));
  spec = python("import os; print(sorted(os.environ))");
  spec.environment = {"ONLY=1"};
  EXPECT_EQ(run(spec).stdout_text, "['LC_CTYPE', 'ONLY']\n");  // The first is Python's own.
}

TEST_P(BoxRuns, FeedsTheInput) {
  RunSpec spec = shell("cat");
  const std::string input(3 << 20, 'x');
  spec.input = input;
  spec.limits.output = 4_MiB;
  EXPECT_EQ(run(spec).stdout_text, input);
  spec.input = {};
  EXPECT_EQ(run(spec).stdout_text, "");
}

TEST_P(BoxRuns, NeedsNobodyToReadTheInput) {
  RunSpec spec = shell("exec <&-; echo done");
  const std::string input(8 << 20, 'x');
  spec.input = input;
  EXPECT_EQ(run(spec).stdout_text, "done\n");
}

TEST_P(BoxRuns, LogsBothStreamsInTheOrderOfReading) {
  const RunReport report =
      run(shell("echo 1; sleep 0.2; echo 2 >&2; sleep 0.2; echo 3; sleep 0.2; echo 4 >&2"));
  EXPECT_EQ(report.log, "1\n2\n3\n4\n");
}

TEST_P(BoxRuns, TellsAnObserverWhatGoesOn) {
  struct Watcher : Observer {
    void on_usage(const LiveUsage& usage) override { usages.push_back(usage); }
    void on_output(Stream stream, std::string_view bytes) override {
      (stream == Stream::kStdout ? out : err) += bytes;
    }
    std::vector<LiveUsage> usages;
    std::string out;
    std::string err;
  } watcher;
  RunSpec spec = shell("echo out; echo err >&2; sleep 1");
  spec.observer = &watcher;
  run(spec);
  EXPECT_EQ(watcher.out, "out\n");
  EXPECT_EQ(watcher.err, "err\n");
  ASSERT_GE(watcher.usages.size(), 3U);
  EXPECT_LE(watcher.usages.size(), 6U);
  EXPECT_GE(watcher.usages.back().processes, 1);
  EXPECT_GE(watcher.usages.back().wall_time, Microseconds{500'000});
}

TEST_P(BoxRuns, AsksTheObserverBeforeItBegins) {
  struct Gatekeeper : Observer {
    bool on_start() override { return opens; }
    void on_usage(const LiveUsage&) override {}
    void on_output(Stream, std::string_view) override {}
    bool opens = false;
  } gatekeeper;
  RunSpec spec = shell("echo here");
  spec.observer = &gatekeeper;
  auto box = acquire();
  ASSERT_TRUE(box);
  const auto refused = (*box)->run(spec);
  ASSERT_TRUE(refused) << refused.error().message;
  EXPECT_EQ(refused->end, End::kStopped);
  EXPECT_EQ(refused->log, "");
  EXPECT_EQ(refused->processes, 0);
  gatekeeper.opens = true;
  EXPECT_EQ(run(spec).stdout_text, "here\n");
}

TEST_P(BoxRuns, EndsARunThatIsStopped) {
  std::stop_source stop;
  struct StopAtOutput : Observer {
    explicit StopAtOutput(std::stop_source& source) : stop(source) {}
    void on_usage(const LiveUsage&) override {}
    void on_output(Stream, std::string_view) override { stop.request_stop(); }
    std::stop_source& stop;
  } observer(stop);
  RunSpec spec = shell("echo started; sleep 60");
  spec.limits.wall_time = Microseconds{60'000'000};
  spec.observer = &observer;
  spec.stop = stop.get_token();
  const RunReport report = run(spec);
  EXPECT_EQ(report.end, End::kStopped);
  EXPECT_EQ(report.stdout_text, "started\n");
  EXPECT_LT(report.wall_time, Microseconds{30'000'000});
}

TEST_P(BoxRuns, RefusesABrokenSpec) {
  auto box = acquire();
  ASSERT_TRUE(box);
  const auto code_of = [&](const RunSpec& spec) { return (*box)->run(spec).error().code; };
  RunSpec relative = shell("");
  relative.argv[0] = "sh";
  EXPECT_EQ(code_of(relative), Errc::kInvalid);
  RunSpec endless = shell("");
  endless.limits.wall_time = Microseconds{0};
  EXPECT_EQ(code_of(endless), Errc::kInvalid);
  RunSpec outside = shell("");
  outside.files = FileSet::make({
      {"../x", "", false}
  });
  EXPECT_EQ(code_of(outside), Errc::kInvalid);
  RunSpec taker = shell("");
  taker.take = {"/etc/passwd"};
  EXPECT_EQ(code_of(taker), Errc::kInvalid);
  EXPECT_TRUE((*box)->run(shell("true")));  // None of them cost the box.
}

TEST_P(BoxRuns, KnowsItsImages) {
  EXPECT_EQ(boxes().acquire("absent").error().code, Errc::kInvalid);
}

TEST_P(BoxRuns, ServesSeveralThreads) {
  boxes();
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this, &good, i] {
      for (int round = 0; round < 5; ++round) {
        const std::string text = std::to_string(i * 100 + round);
        if (run(shell("echo " + text)).stdout_text == text + "\n") ++good;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(good, 20);
}

}  // namespace engine::sandbox
