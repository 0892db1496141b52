#pragma once

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

#include "sandbox/cgroup.h"

// What the tests of cgroups share: they work on the real ones of this machine, below an instance of
// their own, as root.
namespace engine::sandbox {

inline constexpr uid_t kOwner = 2'000'000'000;  // Nobody's on any host.
inline constexpr const char* kParent = "execution-engine";
inline const BoxCeiling kCeiling{256_MiB, 64};

// A child in the v2 cgroup `directory`, or in ours when it is -1.
inline pid_t clone_into(int directory) {
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  if (directory >= 0) {
    arguments.flags = CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(directory);
  }
  return static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

inline int status_of(pid_t pid) {
  int status = 0;
  return ::waitpid(pid, &status, 0) == pid ? status : -1;
}

inline void reap_all() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

// Polls what the kernel finishes in its own time.
inline bool soon(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    reap_all();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

inline int touch(Bytes size) {
  const auto count = static_cast<std::size_t>(size.count);
  auto* memory = static_cast<volatile char*>(std::malloc(count));
  if (memory == nullptr) return 1;
  for (std::size_t at = 0; at < count; at += 4096)
    memory[at] = 1;
  return 0;
}

inline void spin(std::chrono::milliseconds cpu) {
  timespec now{};
  do {
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  } while (std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec) < cpu);
}

[[noreturn]] inline void wait_for_ever() {
  for (;;)
    ::pause();
}

inline std::vector<CgroupMode> modes_of_this_host() {
  const auto found = detect_hierarchies();
  if (!found) return {CgroupMode::kV2};
  if (found->mode == CgroupMode::kHybrid) return {CgroupMode::kHybrid, CgroupMode::kV1};
  return {found->mode};
}

inline std::string name_of(CgroupMode mode) {
  switch (mode) {
    case CgroupMode::kV2: return "v2";
    case CgroupMode::kHybrid: return "hybrid";
    case CgroupMode::kV1: return "v1";
  }
  return "";
}

class Cgroup : public ::testing::TestWithParam<CgroupMode> {
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

  std::vector<std::string> box_paths(int index) const {
    std::vector<std::string> paths;
    const std::string below = std::string("/") + kParent + "/" + instance_;
    const std::string number = std::to_string(index);
    if (!hierarchies_.v2.empty()) paths.push_back(hierarchies_.v2 + below + "/box" + number);
    for (const auto& [controller, mount] : hierarchies_.v1)
      paths.push_back(mount + below + ".box" + number);
    return paths;
  }

  void make_box(const BoxCeiling& ceiling = kCeiling) {
    auto box = tree_->make_box(0, kOwner, ceiling);
    ASSERT_TRUE(box) << box.error().message;
    box_ = *std::move(box);
  }

  // What a mother does on v2 and hybrid: a fresh leaf, whose files it adds.
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

}  // namespace engine::sandbox
