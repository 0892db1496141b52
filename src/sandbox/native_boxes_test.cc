#include <csignal>
#include <fstream>
#include <stop_token>
#include <thread>

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/box_process.h"
#include "sandbox/instance.h"
#include "sandbox/native_test.h"

namespace engine::sandbox {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class NativeBoxes : public NativeTest {};

TEST_F(NativeBoxes, RunsACommandAndKeepsItsOutput) {
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

TEST_F(NativeBoxes, TellsExitCodesAndSignals) {
  const RunReport exited = run(shell("exit 42"));
  EXPECT_EQ(exited.end, End::kExited);
  EXPECT_EQ(exited.exit_code, 42);
  for (const int signal : {SIGKILL, SIGSEGV, SIGABRT, SIGXCPU, SIGTERM}) {
    const RunReport report = run(shell("kill -" + std::to_string(signal) + " $$"));
    EXPECT_EQ(report.end, End::kSignaled) << signal;
    EXPECT_EQ(report.signal, signal);
  }
}

TEST_F(NativeBoxes, SaysWhyACommandCannotStart) {
  RunSpec spec = shell("");
  spec.argv = {"/usr/bin/no-such-program"};
  const RunReport absent = run(spec);
  EXPECT_EQ(absent.end, End::kCannotStart);
  EXPECT_EQ(absent.start_errno, ENOENT);
  spec.argv = {"/etc/passwd"};
  EXPECT_EQ(run(spec).start_errno, EACCES);
}

TEST_F(NativeBoxes, GivesExactlyTheArgumentsAndTheEnvironment) {
  RunSpec spec = shell("printf '%s|' \"$@\"; env");
  spec.argv.insert(spec.argv.end(), {"sh", "a b", "", "*"});
  spec.environment = {"PATH=/usr/bin", "GREETING=hello world"};
  const RunReport report = run(spec);
  EXPECT_THAT(report.stdout_text, testing::StartsWith("a b||*|"));
  EXPECT_THAT(report.stdout_text, HasSubstr("GREETING=hello world\n"));
  spec = python("import os; print(sorted(os.environ))");
  spec.environment = {"ONLY=1"};
  EXPECT_EQ(run(spec).stdout_text, "['LC_CTYPE', 'ONLY']\n");  // The first is Python's own.
}

TEST_F(NativeBoxes, FeedsTheInput) {
  RunSpec spec = shell("cat");
  const std::string input(3 << 20, 'x');
  spec.input = input;
  spec.limits.output = 4_MiB;
  EXPECT_EQ(run(spec).stdout_text, input);
  spec.input = {};
  EXPECT_EQ(run(spec).stdout_text, "");
}

TEST_F(NativeBoxes, NeedsNobodyToReadTheInput) {
  RunSpec spec = shell("exec <&-; echo done");
  const std::string input(8 << 20, 'x');
  spec.input = input;
  EXPECT_EQ(run(spec).stdout_text, "done\n");
}

TEST_F(NativeBoxes, LogsBothStreamsInTheOrderOfReading) {
  const RunReport report =
      run(shell("echo 1; sleep 0.2; echo 2 >&2; sleep 0.2; echo 3; sleep 0.2; echo 4 >&2"));
  EXPECT_EQ(report.log, "1\n2\n3\n4\n");
}

TEST_F(NativeBoxes, TellsAnObserverWhatGoesOn) {
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

TEST_F(NativeBoxes, EndsARunThatIsStopped) {
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

TEST_F(NativeBoxes, RefusesABrokenSpec) {
  auto box = boxes().acquire("host");
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

TEST_F(NativeBoxes, KnowsItsImages) {
  EXPECT_EQ(boxes().acquire("absent").error().code, Errc::kInvalid);
}

TEST_F(NativeBoxes, ServesSeveralThreads) {
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&good, i] {
      for (int round = 0; round < 5; ++round) {
        const std::string text = std::to_string(i * 100 + round);
        if (run(shell("echo " + text)).stdout_text == text + "\n") ++good;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(good, 20);
}

TEST_F(NativeBoxes, LeaveNothingBehind) {
  NativeOptions options = test_options();
  options.cgroup_parent = "execution-engine-test-end";
  unsigned first_user = 0;
  {
    auto manager = Manager::fork(options);
    ASSERT_TRUE(manager) << manager.error().message;
    auto made = make_native_boxes(*std::move(manager), options);
    ASSERT_TRUE(made);
    auto box = (*made)->acquire("host");
    ASSERT_TRUE(box);
    const auto report =
        (*box)->run(shell("sleep 100 & sleep 100 & awk '{print $2}' /proc/self/uid_map"));
    ASSERT_TRUE(report);
    const auto user = static_cast<unsigned>(std::stoul(report->stdout_text));
    first_user = user / (kMaxBoxes * kIdsPerBox) * (kMaxBoxes * kIdsPerBox);
    EXPECT_THAT(processes_left(first_user), Not(IsEmpty()));
    EXPECT_THAT(cgroups_left(options.cgroup_parent), Not(IsEmpty()));
  }
  EXPECT_THAT(processes_left(first_user), IsEmpty());
  EXPECT_THAT(cgroups_left(options.cgroup_parent), IsEmpty());
}

TEST_F(NativeBoxes, AreUnavailableWhenTheManagerIsDead) {
  const NativeOptions options = test_options();
  auto manager = Manager::fork(options);
  ASSERT_TRUE(manager) << manager.error().message;
  const int death = (*manager)->death_fd();
  auto made = make_native_boxes(*std::move(manager), options);
  ASSERT_TRUE(made);
  auto box = (*made)->acquire("host");
  ASSERT_TRUE(box);
  std::ifstream info("/proc/self/fdinfo/" + std::to_string(death));
  std::string key;
  pid_t pid = 0;
  while (info >> key) {
    if (key == "Pid:") info >> pid;
  }
  ASSERT_GT(pid, 1);
  ASSERT_EQ(::kill(pid, SIGKILL), 0);
  pollfd wait = {death, POLLIN, 0};
  ASSERT_EQ(::poll(&wait, 1, 10'000), 1);
  EXPECT_EQ((*box)->run(shell("true")).error().code, Errc::kUnavailable);
  box->reset();
  const auto another = (*made)->acquire("host");
  ASSERT_FALSE(another);
  EXPECT_EQ(another.error().code, Errc::kUnavailable);
  EXPECT_THAT(another.error().message, HasSubstr("manager"));
}

}  // namespace
}  // namespace engine::sandbox
