#include <csignal>
#include <fstream>

#include <gmock/gmock.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/box_process.h"
#include "sandbox/instance.h"
#include "sandbox/native_test.h"

namespace engine::sandbox {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class NativeBoxes : public NativeTest {};

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

// The host's own want of memory, here of the group that all boxes lie in, says nothing about the
// program.
TEST_F(NativeBoxes, AHostWithoutMemoryIsNoVerdict) {
  NativeOptions options = test_options();
  options.cgroup_parent = "execution-engine-test-tight";
  const auto boxes = make_boxes(options);
  limit_memory_of(options.cgroup_parent, 64_MiB);
  RunSpec spec = shell("head -c 200000000 /dev/zero | tail -n 1 | wc -c");
  auto box = boxes->acquire("host");
  ASSERT_TRUE(box) << box.error().message;
  spec.limits.memory = 32_MiB;
  const auto own_fault = (*box)->run(spec);
  ASSERT_TRUE(own_fault) << own_fault.error().message;
  EXPECT_EQ(own_fault->end, End::kMemory);
  spec.limits.memory = 512_MiB;
  const auto no_fault = (*box)->run(spec);
  ASSERT_FALSE(no_fault);
  EXPECT_EQ(no_fault.error().code, Errc::kUnavailable);
  EXPECT_THAT(no_fault.error().message, HasSubstr("ran out of memory"));
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
  EXPECT_EQ((*box)->run(shell("sleep 1000")).error().code, Errc::kUnavailable);
  box->reset();
  const auto another = (*made)->acquire("host");
  ASSERT_FALSE(another);
  EXPECT_EQ(another.error().code, Errc::kUnavailable);
  EXPECT_THAT(another.error().message, HasSubstr("manager"));
}

// As container runtimes do: a part of /proc is covered, another read-only. For this process only.
bool mask_proc() {
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("/dev/null", "/proc/version", nullptr, MS_BIND, nullptr) == 0 &&
         ::mount("/proc/sys", "/proc/sys", nullptr, MS_BIND, nullptr) == 0 &&
         ::mount(nullptr, "/proc/sys", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0;
}

TEST_F(NativeBoxes, AreMadeWhereTheHostsProcIsMasked) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // It starts threads.
  const auto run_masked = [] {
    NativeOptions options = test_options();
    options.instance = "masked";
    if (!mask_proc()) ::_exit(2);
    if (run_in(*make_boxes(options), "host", shell("cat /proc/self/comm")).stdout_text != "cat\n") {
      ::_exit(3);
    }
    for (const Finding& finding : examine_host(options)) {
      if (!finding.ok) ::_exit(4);
    }
    ::_exit(0);
  };
  EXPECT_EXIT(run_masked(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace engine::sandbox
