#include "sandbox/cgroup.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace engine::sandbox {
namespace {

constexpr uid_t kOwner = 2'000'000'000;  // Nobody's on any host.
constexpr const char* kParent = "execution-engine";
const BoxCeiling kCeiling{256_MiB, 64};

// A child in the v2 cgroup `directory`, or in ours when it is -1.
pid_t clone_into(int directory) {
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  if (directory >= 0) {
    arguments.flags = CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(directory);
  }
  return static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

int status_of(pid_t pid) {
  int status = 0;
  return ::waitpid(pid, &status, 0) == pid ? status : -1;
}

void reap_all() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

// Polls what the kernel finishes in its own time.
bool soon(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    reap_all();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

int touch(Bytes size) {
  const auto count = static_cast<std::size_t>(size.count);
  auto* memory = static_cast<volatile char*>(std::malloc(count));
  if (memory == nullptr) return 1;
  for (std::size_t at = 0; at < count; at += 4096)
    memory[at] = 1;
  return 0;
}

void spin(std::chrono::milliseconds cpu) {
  timespec now{};
  do {
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  } while (std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec) < cpu);
}

[[noreturn]] void wait_for_ever() {
  for (;;)
    ::pause();
}

std::vector<CgroupMode> modes_of_this_host() {
  const auto found = detect_hierarchies();
  if (!found) return {CgroupMode::kV2};
  if (found->mode == CgroupMode::kHybrid) return {CgroupMode::kHybrid, CgroupMode::kV1};
  return {found->mode};
}

std::string name_of(CgroupMode mode) {
  switch (mode) {
    case CgroupMode::kV2: return "v2";
    case CgroupMode::kHybrid: return "hybrid";
    case CgroupMode::kV1: return "v1";
  }
  return "";
}

class Cgroup : public testing::TestWithParam<CgroupMode> {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    auto found = detect_hierarchies();
    ASSERT_TRUE(found) << found.error().message;
    hierarchies_ = *found;
    hierarchies_.mode = GetParam();
    if (GetParam() == CgroupMode::kV1 && found->mode == CgroupMode::kHybrid) {
      hierarchies_.v2.clear();
      for (const char* controller : {"cpuacct", "freezer"}) {
        hierarchies_.v1[controller] = std::string("/sys/fs/cgroup/") + controller;
      }
    }
    // Orphans come to us, so that a test can wait for them.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    instance_ = "test-" + std::to_string(::getpid());
    auto tree = CgroupTree::create(hierarchies_, kParent, instance_);
    ASSERT_TRUE(tree) << tree.error().message;
    tree_ = *std::move(tree);
  }

  void TearDown() override {
    box_.reset();
    const bool was_made = tree_ != nullptr;
    tree_.reset();
    reap_all();
    if (!was_made) return;
    for (const std::string& path : instance_paths())
      EXPECT_FALSE(exists(path)) << path;
  }

  static bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

  std::vector<std::string> instance_paths() const {
    std::vector<std::string> paths;
    const std::string below = std::string("/") + kParent + "/" + instance_;
    if (!hierarchies_.v2.empty()) paths.push_back(hierarchies_.v2 + below);
    for (const auto& [controller, mount] : hierarchies_.v1)
      paths.push_back(mount + below);
    return paths;
  }

  void make_box(const BoxCeiling& ceiling = kCeiling) {
    auto box = tree_->make_box(0, kOwner, ceiling);
    ASSERT_TRUE(box) << box.error().message;
    box_ = *std::move(box);
  }

  // What the init does on v2 and hybrid: a fresh leaf, whose files it adds.
  void make_leaf(CgroupFds& files) {
    const std::string name = "run" + std::to_string(++leaves_);
    EXPECT_EQ(::mkdirat(box_->box_fd(), name.c_str(), 0755), 0);
    leaf_ = Fd(::openat(box_->box_fd(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (std::size_t i = 0; i < files.size(); ++i) {
      const auto file = static_cast<CgroupFile>(i);
      const char* const file_name = cgroup_file_name(GetParam(), file);
      if (file_name == nullptr || !is_of_leaf(GetParam(), file)) continue;
      const int access = file == CgroupFile::kKill      ? O_WRONLY
                         : is_written(GetParam(), file) ? O_RDWR
                                                        : O_RDONLY;
      files[i] = Fd(::openat(leaf_.get(), file_name, access | O_CLOEXEC));
      EXPECT_TRUE(files[i].is_open() || is_optional(GetParam(), file)) << file_name;
    }
  }

  RunMeter make_meter() {
    auto files = box_->open_run_files();
    EXPECT_TRUE(files) << files.error().message;
    if (GetParam() != CgroupMode::kV1) make_leaf(*files);
    return {GetParam(), *std::move(files)};
  }

  // Runs `body` in the run's cgroup; its result is the exit code.
  pid_t spawn(const std::function<int()>& body) {
    const pid_t pid = clone_into(GetParam() == CgroupMode::kV1 ? -1 : leaf_.get());
    if (pid == 0) {
      if (!box_->attach_self()) ::_exit(125);
      ::_exit(body());
    }
    EXPECT_GT(pid, 0) << std::strerror(errno);
    return pid;
  }

  int run(const std::function<int()>& body) { return status_of(spawn(body)); }

  Hierarchies hierarchies_;
  std::string instance_;
  std::unique_ptr<CgroupTree> tree_;
  std::unique_ptr<BoxCgroup> box_;
  Fd leaf_;
  int leaves_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Modes, Cgroup, testing::ValuesIn(modes_of_this_host()),
                         [](const auto& test) { return name_of(test.param); });

TEST_P(Cgroup, MemoryWithinTheLimitIsMeasured) {
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

TEST_P(Cgroup, ProcessesAreLimitedAndCounted) {
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
  for (const std::string& path : instance_paths())
    EXPECT_FALSE(exists(path + "/box0")) << path;
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

TEST_P(Cgroup, WhatADeadEngineLeftIsSwept) {
  tree_.reset();
  const pid_t engine = ::fork();
  ASSERT_GE(engine, 0);
  if (engine == 0) {
    auto tree = CgroupTree::create(hierarchies_, kParent, instance_);
    auto box = (*tree)->make_box(3, kOwner, kCeiling);
    box_ = *std::move(box);
    const RunMeter meter = make_meter();
    int executed[2];
    if (::pipe2(executed, O_CLOEXEC) != 0) ::_exit(1);
    spawn([] { return ::execl("/bin/sleep", "sleep", "1000", nullptr); });
    ::close(executed[1]);
    char nothing;
    ::_exit(::read(executed[0], &nothing, 1) == 0 ? 0 : 1);  // As a crash: no destructor.
  }
  EXPECT_EQ(status_of(engine), 0);
  EXPECT_TRUE(exists(instance_paths().front() + "/box3"));

  auto tree = CgroupTree::create(hierarchies_, kParent, instance_);
  ASSERT_TRUE(tree) << tree.error().message;
  tree_ = *std::move(tree);
  for (const std::string& path : instance_paths())
    EXPECT_FALSE(exists(path + "/box3")) << path;
  int status = 0;
  ASSERT_GT(::waitpid(-1, &status, 0), 0) << "the stray has become our child";
  EXPECT_EQ(status, SIGKILL);
}

TEST_P(Cgroup, ALivingEnginesInstanceIsNotTouched) {
  make_box();
  const auto second = CgroupTree::create(hierarchies_, kParent, instance_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kConflict);
  for (const std::string& path : instance_paths())
    EXPECT_TRUE(exists(path + "/box0")) << path;

  const auto neighbour = CgroupTree::create(hierarchies_, kParent, instance_ + "b");
  EXPECT_TRUE(neighbour);
}

TEST_P(Cgroup, NamesCannotLeadElsewhere) {
  for (const char* parent : {"", "/", "..", "a/../b", "/a", "a//b", "a/"}) {
    const auto tree = CgroupTree::create(hierarchies_, parent, "x");
    ASSERT_FALSE(tree) << parent;
    EXPECT_EQ(tree.error().code, Errc::kInvalid) << parent;
  }
  for (const char* instance : {"", "..", "a/b", "a.b", "a b"}) {
    const auto tree = CgroupTree::create(hierarchies_, kParent, instance);
    ASSERT_FALSE(tree) << instance;
    EXPECT_EQ(tree.error().code, Errc::kInvalid) << instance;
  }
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

// What the init does, as the host user that stands for the box's root.
TEST_P(Cgroup, TheInitMayPlaceRunsButNotRaiseTheCeiling) {
  if (GetParam() == CgroupMode::kV1) GTEST_SKIP() << "pure v1 delegates nothing";
  make_box();
  const pid_t init = clone_into(box_->init_fd());
  ASSERT_GE(init, 0);
  if (init == 0) {
    if (!box_->attach_self()) ::_exit(1);
    if (::setgid(kOwner) != 0 || ::setuid(kOwner) != 0) ::_exit(2);
    if (::mkdirat(box_->box_fd(), "run", 0755) != 0) ::_exit(3);
    const int leaf = ::openat(box_->box_fd(), "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const pid_t run = clone_into(leaf);
    if (run == 0) ::_exit(7);
    if (run < 0) ::_exit(4);
    if (WEXITSTATUS(status_of(run)) != 7) ::_exit(5);
    for (const char* file : {"memory.max", "pids.max", "cgroup.max.descendants", "cgroup.kill"}) {
      if (::openat(box_->box_fd(), file, O_WRONLY | O_CLOEXEC) >= 0) ::_exit(6);
    }
    ::_exit(0);
  }
  EXPECT_EQ(WEXITSTATUS(status_of(init)), 0);
}

}  // namespace
}  // namespace engine::sandbox
