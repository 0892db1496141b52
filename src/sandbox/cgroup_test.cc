#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/testing/thread_sanitizer.h"
#include "sandbox/testing/cgroup_fixture.h"

namespace engine::sandbox {
namespace {

INSTANTIATE_TEST_SUITE_P(Modes, Cgroup, ::testing::ValuesIn(modes_of_this_host()),
                         [](const auto& test) { return name_of(test.param); });

TEST_P(Cgroup, MemoryWithinTheLimitIsMeasured) {
  if (kThreadSanitizer) GTEST_SKIP() << "its memory and its thread would be counted";
  make_box();
  RunMeter meter = make_meter();
  ASSERT_TRUE(meter.begin(64_MiB, 8, 0));
  EXPECT_EQ(run([] { return touch(20_MiB); }), 0);
  EXPECT_EQ(meter.oom_kills(), 0);
  EXPECT_GE(meter.memory_peak(), 19_MiB);
  EXPECT_LT(meter.memory_peak(), 40_MiB);
}

TEST_P(Cgroup, MemoryAboveTheLimitIsAnOomKill) {
  make_box();
  RunMeter meter = make_meter();
  ASSERT_TRUE(meter.begin(32_MiB, 8, 0));
  const int status = run([] { return touch(128_MiB); });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_GE(meter.oom_kills(), 1);
  EXPECT_GE(meter.memory_peak(), 30_MiB);
  EXPECT_LE(meter.memory_peak(), 32_MiB);
}

TEST_P(Cgroup, EveryRunHasItsOwnLimitAndCounts) {
  make_box();
  for (const Bytes limit : {32_MiB, 16_MiB, 128_MiB, 8_MiB, 16_MiB}) {
    RunMeter meter = make_meter();
    ASSERT_TRUE(meter.begin(limit, 8, 0));
    EXPECT_EQ(run([&] { return touch(Bytes{limit.count / 4}); }), 0);
    EXPECT_EQ(meter.oom_kills(), 0);
    EXPECT_LT(meter.memory_peak(), limit);
    EXPECT_TRUE(WIFSIGNALED(run([&] { return touch(limit + limit); })));
    EXPECT_GE(meter.oom_kills(), 1);
  }
}

TEST_P(Cgroup, NoRunPassesTheBoxsCeiling) {
  if (kThreadSanitizer) GTEST_SKIP() << "its memory and its thread would be counted";
  make_box({24_MiB, 5});
  RunMeter meter = make_meter();
  ASSERT_TRUE(meter.begin(200_MiB, 50, 0));
  EXPECT_TRUE(WIFSIGNALED(run([] { return touch(100_MiB); })));
  EXPECT_GE(meter.oom_kills(), 1);
  const int status = run([] {
    for (int made = 0; made < 20; ++made) {
      const pid_t pid = ::fork();
      if (pid == 0) wait_for_ever();
      if (pid < 0) return made;
    }
    return 99;
  });
  EXPECT_EQ(WEXITSTATUS(status), 4);
  EXPECT_TRUE(box_->kill());
}

TEST_P(Cgroup, WhoHoldsTheFilesOfARunCannotRaiseTheCeiling) {
  make_box();
  const auto files = box_->open_run_files();
  ASSERT_TRUE(files);
  const Fd& ceiling = (*files)[static_cast<std::size_t>(CgroupFile::kMemoryCeiling)];
  if (!ceiling.is_open()) return;  // It lies a level above.
  EXPECT_EQ(::fcntl(ceiling.get(), F_GETFL) & O_ACCMODE, O_RDONLY);
  const Fd& limit = (*files)[static_cast<std::size_t>(CgroupFile::kMemoryMax)];
  const std::string more = std::to_string((kCeiling.memory + 1_MiB).count);
  EXPECT_LT(::pwrite(limit.get(), more.data(), more.size(), 0), 0);
}

TEST_P(Cgroup, ProcessesAreLimitedAndCounted) {
  if (kThreadSanitizer) GTEST_SKIP() << "its memory and its thread would be counted";
  make_box();
  RunMeter meter = make_meter();
  const pid_t idle = spawn([]() -> int { wait_for_ever(); });
  ASSERT_TRUE(soon([&] { return meter.tasks_now() == 1; }));
  ASSERT_TRUE(meter.begin(64_MiB, 4, 1));
  const int status = run([] {
    for (int made = 0; made < 20; ++made) {
      const pid_t pid = ::fork();
      if (pid == 0) wait_for_ever();
      if (pid < 0) return errno == EAGAIN ? made : 98;
    }
    return 99;
  });
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_GE(meter.tasks_now(), 3);
  EXPECT_GE(meter.tasks_peak(), 3);
  EXPECT_LE(meter.tasks_peak(), 4);
  EXPECT_TRUE(box_->kill());
  EXPECT_EQ(status_of(idle), SIGKILL);
}

TEST_P(Cgroup, CpuTimeCountsOrphans) {
  make_box();
  RunMeter meter = make_meter();
  ASSERT_TRUE(meter.begin(64_MiB, 8, 0));
  EXPECT_EQ(run([] {
              if (::fork() == 0) spin(std::chrono::milliseconds(60));
              return 0;
            }),
            0);
  ASSERT_TRUE(soon([&] { return meter.tasks_now() == 0; }));
  ASSERT_TRUE(meter.cpu_time());
  EXPECT_GE(*meter.cpu_time(), Microseconds{60'000});
  EXPECT_LT(*meter.cpu_time(), Microseconds{600'000});
  ASSERT_TRUE(meter.begin(64_MiB, 8, 0));
  EXPECT_LT(*meter.cpu_time(), Microseconds{60'000});
}

TEST_P(Cgroup, WaitingForAProcessorIsSeen) {
  if (GetParam() == CgroupMode::kV1) GTEST_SKIP() << "pure v1 does not tell";
  make_box();
  RunMeter meter = make_meter();
  if (!exists("/proc/pressure/cpu")) GTEST_SKIP() << "this kernel does not tell";
  ASSERT_TRUE(meter.begin(64_MiB, 64, 0));
  std::vector<pid_t> spinners;
  for (unsigned i = 0; i < 4 * std::thread::hardware_concurrency(); ++i) {
    spinners.push_back(spawn([] {
      spin(std::chrono::milliseconds(30));
      return 0;
    }));
  }
  for (const pid_t pid : spinners)
    EXPECT_EQ(status_of(pid), 0);
  EXPECT_GT(meter.processor_wait(), Microseconds{10'000});
}

TEST_P(Cgroup, AKilledRunLeavesNoProcess) {
  make_box();
  RunMeter meter = make_meter();
  ASSERT_TRUE(meter.begin(64_MiB, 32, 0));
  const pid_t main_process = spawn([]() -> int {
    ::signal(SIGTERM, SIG_IGN);
    for (int i = 0; i < 16; ++i) {
      if (::fork() == 0) {
        ::setsid();
        for (;;) {
        }
      }
    }
    wait_for_ever();
  });
  ASSERT_TRUE(soon([&] { return meter.tasks_now() == 17; }));
  EXPECT_FALSE(box_->empty());
  if (GetParam() == CgroupMode::kV1) {
    EXPECT_EQ(meter.kill().error().code, Errc::kNotFound);
    EXPECT_TRUE(box_->kill());
  } else {
    EXPECT_TRUE(meter.kill());
  }
  EXPECT_EQ(status_of(main_process), SIGKILL);
  EXPECT_TRUE(soon([&] { return box_->empty() && meter.tasks_now() == 0; }));
  EXPECT_TRUE(box_->kill()) << "again, with nothing in it";
}

TEST_P(Cgroup, ABusyBoxCannotBeRemoved) {
  make_box();
  const RunMeter meter = make_meter();
  const pid_t pid = spawn([]() -> int { wait_for_ever(); });
  ASSERT_TRUE(soon([&] { return meter.tasks_now() == 1; }));
  const Status busy = box_->remove();
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().code, Errc::kUnavailable);
  EXPECT_TRUE(box_->kill());
  EXPECT_EQ(status_of(pid), SIGKILL);
  EXPECT_TRUE(soon([&] { return static_cast<bool>(box_->remove()); }));
  for (const std::string& path : box_paths(0))
    EXPECT_FALSE(exists(path)) << path;
  make_box();
}

TEST_P(Cgroup, ABoxEndsWithItsObject) {
  make_box();
  const RunMeter meter = make_meter();
  const pid_t pid = spawn([]() -> int { wait_for_ever(); });
  ASSERT_TRUE(soon([&] { return meter.tasks_now() == 1; }));
  box_.reset();
  EXPECT_EQ(status_of(pid), SIGKILL);
}

// The worker that holds the descriptors has no privilege.
TEST_P(Cgroup, AMeterNeedsNoPrivilege) {
  make_box();
  RunMeter meter = make_meter();
  const pid_t worker = ::fork();
  ASSERT_GE(worker, 0);
  if (worker == 0) {
    if (::setgid(kOwner + 1) != 0 || ::setuid(kOwner + 1) != 0) ::_exit(1);
    if (!meter.begin(64_MiB, 8, 0)) ::_exit(2);
    if (!meter.cpu_time()) ::_exit(3);
    if (GetParam() != CgroupMode::kV1 && !meter.kill()) ::_exit(4);
    ::_exit(0);
  }
  EXPECT_EQ(status_of(worker), 0);
}

}  // namespace
}  // namespace engine::sandbox
