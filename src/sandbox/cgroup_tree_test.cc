#include <csignal>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/cgroup_dir.h"
#include "sandbox/identity.h"
#include "sandbox/testing/cgroup_fixture.h"

namespace engine::sandbox {
namespace {

class Tree : public Cgroup {};

INSTANTIATE_TEST_SUITE_P(Modes, Tree, ::testing::ValuesIn(modes_of_this_host()),
                         [](const auto& test) { return name_of(test.param); });

TEST_P(Tree, WhatADeadEngineLeftIsSwept) {
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
  for (const std::string& path : box_paths(3))
    EXPECT_TRUE(exists(path)) << path;

  auto tree = CgroupTree::create(hierarchies_, kParent, instance_);
  ASSERT_TRUE(tree) << tree.error().message;
  tree_ = *std::move(tree);
  for (const std::string& path : box_paths(3))
    EXPECT_FALSE(exists(path)) << path;
  int status = 0;
  ASSERT_GT(::waitpid(-1, &status, 0), 0) << "the stray has become our child";
  EXPECT_EQ(status, SIGKILL);
}

TEST_P(Tree, ALivingEnginesInstanceIsNotTouched) {
  make_box();
  const auto second = CgroupTree::create(hierarchies_, kParent, instance_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kConflict);
  {
    const auto neighbour = CgroupTree::create(hierarchies_, kParent, instance_ + "b");
    EXPECT_TRUE(neighbour);
  }
  for (const std::string& path : box_paths(0))
    EXPECT_TRUE(exists(path)) << path;
}

TEST_P(Tree, NamesCannotLeadElsewhere) {
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

// What a mother does, as the host user that stands for the box's root.
TEST_P(Tree, TheInitMayPlaceRunsButNotRaiseTheCeiling) {
  if (GetParam() == CgroupMode::kV1) GTEST_SKIP() << "pure v1 delegates nothing";
  make_box();
  const pid_t init = clone_into(box_->init_fd());
  ASSERT_GE(init, 0);
  if (init == 0) {
    if (!box_->attach_self()) ::_exit(1);
    if (!become(kOwner)) ::_exit(2);
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

// A container or a delegated unit: what is mounted as the root holds this process itself.
class OwnCgroup : public Cgroup {
 protected:
  void SetUp() override {
    if (GetParam() != CgroupMode::kV2) GTEST_SKIP() << "only pure v2 keeps processes apart";
    Cgroup::SetUp();
    if (tree_ == nullptr) return;
    service_ = hierarchies_.v2 + "/service-" + instance_;
    ASSERT_TRUE(make_cgroup(service_));
    inside_ = hierarchies_;
    inside_.v2 = service_;
  }

  void TearDown() override {
    if (!service_.empty()) {
      EXPECT_TRUE(soon([&] { return static_cast<bool>(remove_cgroup(service_)); }));
    }
    Cgroup::TearDown();
  }

  std::string service_;
  Hierarchies inside_;
};

INSTANTIATE_TEST_SUITE_P(Modes, OwnCgroup, ::testing::ValuesIn(modes_of_this_host()),
                         [](const auto& test) { return name_of(test.param); });

TEST_P(OwnCgroup, ItsProcessesMakeRoom) {
  const pid_t engine = ::fork();
  ASSERT_GE(engine, 0);
  if (engine == 0) {
    if (!write_cgroup_file(service_ + "/cgroup.procs", "0")) ::_exit(1);
    auto tree = CgroupTree::create(inside_, kParent, "x");
    if (!tree) ::_exit(2);
    if (!(*tree)->make_box(0, kOwner, kCeiling)) ::_exit(3);
    const auto place = read_cgroup_file("/proc/self/cgroup");
    ::_exit(place && place->find("/execution-engine/engine.processes\n") != place->npos ? 0 : 4);
  }
  EXPECT_EQ(WEXITSTATUS(status_of(engine)), 0);
}

TEST_P(OwnCgroup, ForeignProcessesAreNotMoved) {
  const pid_t stranger = ::fork();
  ASSERT_GE(stranger, 0);
  if (stranger == 0) wait_for_ever();
  ASSERT_TRUE(write_cgroup_file(service_ + "/cgroup.procs", std::to_string(stranger)));
  const auto tree = CgroupTree::create(inside_, kParent, "x");
  EXPECT_EQ(processes_below(service_), std::vector<pid_t>{stranger});
  ::kill(stranger, SIGKILL);
  EXPECT_EQ(status_of(stranger), SIGKILL);
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().code, Errc::kInvalid);
}

}  // namespace
}  // namespace engine::sandbox
