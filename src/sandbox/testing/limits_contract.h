#pragma once

#include <chrono>
#include <csignal>
#include <string>

#include <gmock/gmock.h>

#include "sandbox/testing/box_contract.h"

// Every limit, held against the programs of tests/hostile that go for it.
namespace engine::sandbox {

using namespace std::chrono_literals;

class RunLimitsOf : public BoxContract {
 protected:
  static RunSpec hostile(const std::string& name) {
    RunSpec spec = shell("");
    spec.argv = {"/box/program"};
    spec.files = hostile_program(name);
    spec.limits = small_limits();
    return spec;
  }
};

TEST_P(RunLimitsOf, AForkBomb) {
  const RunReport report = run(hostile("a01_fork_bomb.c"));
  EXPECT_TRUE(report.end == End::kWallTime || report.end == End::kCpuTime);
  EXPECT_EQ(report.processes, 32);
  EXPECT_EQ(report.signal, SIGKILL);
}

TEST_P(RunLimitsOf, ADaemonThatOutlivesItsParent) {
  const RunReport report = run(hostile("a02_setsid_daemon.c"));
  EXPECT_EQ(report.end, End::kExited);
  EXPECT_EQ(report.stdout_text, "parent done\n");
  EXPECT_GE(report.processes, 2);
}

TEST_P(RunLimitsOf, ASleeper) {
  RunSpec spec = hostile("a03_sleep_forever.c");
  spec.limits.wall_time = scaled(300ms);
  const RunReport report = run(spec);
  EXPECT_EQ(report.end, End::kWallTime);
  EXPECT_GE(report.wall_time, scaled(300ms));
  EXPECT_LT(report.cpu_time, scaled(100ms));
}

TEST_P(RunLimitsOf, ChildrenThatWorkForIt) {
  RunSpec spec = hostile("a04_cpu_children.c");
  spec.limits.cpu_time = scaled(200ms);
  spec.limits.wall_time = 10min;
  const RunReport report = run(spec);
  EXPECT_EQ(report.end, End::kCpuTime);
  EXPECT_GE(report.cpu_time, scaled(200ms));
  EXPECT_LT(report.cpu_time, scaled(1s));
  EXPECT_EQ(report.processes, 9);
}

TEST_P(RunLimitsOf, OrphansThatWorkForIt) {
  RunSpec spec = shell("(while :; do :; done) & (while :; do :; done) & sleep 60; exit 0");
  spec.limits.cpu_time = scaled(100ms);
  spec.limits.wall_time = 10min;
  EXPECT_EQ(run(spec).end, End::kCpuTime);
}

TEST_P(RunLimitsOf, ADeafSpinner) {
  RunSpec spec = hostile("a06_ignore_signals.c");
  spec.limits.cpu_time = scaled(200ms);
  spec.limits.wall_time = 10min;
  const RunReport report = run(spec);
  EXPECT_EQ(report.end, End::kCpuTime);
  EXPECT_EQ(report.signal, SIGKILL);
}

TEST_P(RunLimitsOf, MemoryThatIsTouched) {
  const RunReport report = run(hostile("a07_mem_touch.c"));
  EXPECT_EQ(report.end, End::kMemory);
  EXPECT_LE(report.memory, 128_MiB);
  EXPECT_GE(report.memory, 127_MiB);
}

TEST_P(RunLimitsOf, MemoryThatIsOnlyReserved) {
  RunSpec spec = python("import mmap; m = mmap.mmap(-1, 1 << 40, flags=mmap.MAP_PRIVATE | 0x4000)");
  spec.limits.memory = 128_MiB;
  EXPECT_EQ(run(spec).end, End::kExited);
}

TEST_P(RunLimitsOf, MemoryOfAChild) {
  RunSpec spec = shell("python3 -S -c 'x = b\"1\" * (1 << 29)'; exit 0");
  spec.limits.memory = 128_MiB;
  EXPECT_EQ(run(spec).end, End::kMemory);
}

TEST_P(RunLimitsOf, MemoryCountsOnlyTheProgramsOwn) {
  RunSpec spec = shell("true");
  spec.files = FileSet::make({
      {"big", std::string(40 << 20, 'x'), false}
  });
  spec.limits.memory = 32_MiB;
  const RunReport report = run(spec);
  EXPECT_EQ(report.end, End::kExited);
  EXPECT_LT(report.memory, 8_MiB);
}

TEST_P(RunLimitsOf, AFullDisk) {
  RunSpec spec = hostile("a08_tmpfs_fill.c");
  spec.limits.file = 64_MiB;
  const RunReport report = run(spec);
  EXPECT_TRUE(report.end == End::kExited || report.end == End::kMemory);
  EXPECT_LT(report.memory.count, (8_MiB).count + spec.limits.disk.count * GetParam().disks);
}

TEST_P(RunLimitsOf, OneLargeFile) {
  RunSpec spec = shell("head -c 2000000 /dev/zero > big; echo $?; wc -c < big");
  spec.limits.file = 1_MiB;
  EXPECT_THAT(run(spec).stdout_text, ::testing::HasSubstr("1048576"));
}

TEST_P(RunLimitsOf, OutputWithoutEnd) {
  const RunReport report = run(hostile("a10_stdout_flood.c"));
  EXPECT_EQ(report.end, End::kOutput);
  EXPECT_TRUE(report.truncated);
  EXPECT_EQ(report.stdout_text.size() + report.stderr_text.size(), 64U << 10);
  EXPECT_EQ(report.log.size(), 64U << 10);
}

TEST_P(RunLimitsOf, OutputToTheByte) {
  RunSpec spec = shell("head -c 1000 /dev/zero");
  spec.limits.output = 1'000_B;
  EXPECT_EQ(run(spec).end, End::kExited);
  spec.limits.output = 999_B;
  const RunReport report = run(spec);
  EXPECT_EQ(report.end, End::kOutput);
  EXPECT_EQ(report.stdout_text.size(), 999U);
}

TEST_P(RunLimitsOf, FilesWithoutEnd) {
  const RunReport report = run(hostile("a12_inode_bomb.c"));
  EXPECT_EQ(report.end, End::kExited);
  EXPECT_THAT(report.stdout_text, ::testing::HasSubstr("No space left"));
  EXPECT_THAT(report.stdout_text, ::testing::HasSubstr("files 99"));
}

TEST_P(RunLimitsOf, DirectoriesWithoutEnd) {
  RunSpec spec = hostile("a14_deep_dirs.py");
  spec.argv = {"/usr/bin/python3", "program"};
  spec.limits.wall_time = 10min;
  spec.limits.files = 20'000;
  spec.limits.disk = 64_MiB;
  auto box = acquire();
  ASSERT_TRUE(box);
  EXPECT_EQ((*box)->run(spec)->end, End::kExited);
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE((*box)->run(shell("true")));  // After the wipe.
  EXPECT_LT(std::chrono::steady_clock::now() - start, scaled(1s));
}

TEST_P(RunLimitsOf, ThreadsWithoutEnd) {
  const RunReport report = run(hostile("a23_thread_bomb.c"));
  EXPECT_EQ(report.end, End::kExited);
  EXPECT_EQ(report.stdout_text, "threads 31 then Resource temporarily unavailable\n");
  EXPECT_LE(report.processes, 32);
}

TEST_P(RunLimitsOf, RecursionWithoutEnd) {
  const RunReport report = run(hostile("a26_stack_overflow.c"));
  EXPECT_EQ(report.end, End::kSignaled);
  EXPECT_EQ(report.signal, SIGSEGV);
}

TEST_P(RunLimitsOf, ACoreDump) {
  RunSpec spec = hostile("a19_core_dump.c");
  spec.take = {"**"};
  const RunReport report = run(spec);
  EXPECT_EQ(report.end, End::kSignaled);
  EXPECT_EQ(report.signal, SIGABRT);
  EXPECT_THAT(report.taken, ::testing::IsEmpty());
}

TEST_P(RunLimitsOf, AStoppedProcess) {
  RunSpec spec = shell("kill -STOP $$");
  spec.limits.wall_time = scaled(300ms);
  EXPECT_EQ(run(spec).end, End::kWallTime);
}

TEST_P(RunLimitsOf, AProgramThatPlaysTheEngine) {
  const RunReport report = run(shell("kill -9 $$"));
  EXPECT_EQ(report.end, End::kSignaled);  // No limit was passed, whatever it looks like.
}

TEST_P(RunLimitsOf, AFastKill) {
  RunSpec spec = hostile("a03_sleep_forever.c");
  spec.limits.wall_time = scaled(100ms);
  auto box = acquire();
  ASSERT_TRUE(box);
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ((*box)->run(spec)->end, End::kWallTime);
  EXPECT_LT(std::chrono::steady_clock::now() - start, scaled(1s));
}

}  // namespace engine::sandbox
