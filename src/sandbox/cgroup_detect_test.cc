#include "sandbox/cgroup_detect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine::sandbox {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kHybrid =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n"
    "37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer\n"
    "39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n";

constexpr std::string_view kPureV2 =
    "24 23 0:22 / /sys rw,nosuid - sysfs sysfs rw\n"
    "35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 "
    "rw,nsdelegate,memory_recursiveprot\n";

// Docker on a v1 host: everything is there, and nothing may be written.
constexpr std::string_view kDockerV1 =
    "609 606 0:71 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime - tmpfs tmpfs rw,mode=755\n"
    "610 609 0:32 /docker/4f1c /sys/fs/cgroup/memory ro,nosuid master:17 - cgroup cgroup "
    "rw,memory\n"
    "611 609 0:36 /docker/4f1c /sys/fs/cgroup/pids ro,nosuid master:18 - cgroup cgroup rw,pids\n"
    "612 609 0:29 /docker/4f1c /sys/fs/cgroup/cpuacct ro master:19 - cgroup cgroup rw,cpuacct\n"
    "613 609 0:34 /docker/4f1c /sys/fs/cgroup/freezer ro master:20 - cgroup cgroup rw,freezer\n";

constexpr std::string_view kDockerV2 =
    "700 699 0:30 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw\n";

constexpr std::string_view kV2Controllers = "cpuset cpu io memory hugetlb pids rdma misc\n";

std::string without(std::string_view mountinfo, std::string_view part) {
  std::string kept;
  std::size_t at = 0;
  while (at < mountinfo.size()) {
    const std::size_t end = mountinfo.find('\n', at) + 1;
    const std::string_view line = mountinfo.substr(at, end - at);
    if (line.find(part) == std::string_view::npos) kept += line;
    at = end;
  }
  return kept;
}

Result<Hierarchies> choose(std::string_view mountinfo, std::string_view v2_controllers = "",
                           std::string_view proc_cgroups = "") {
  return choose_hierarchies(parse_cgroup_mounts(mountinfo), v2_controllers, proc_cgroups);
}

TEST(CgroupDetect, HybridTakesLimitsFromV1AndPlacementFromV2) {
  const auto found = choose(kHybrid);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->mode, CgroupMode::kHybrid);
  EXPECT_EQ(found->v2, "/sys/fs/cgroup/unified");
  EXPECT_EQ(found->v1.at("memory"), "/sys/fs/cgroup/memory");
  EXPECT_EQ(found->v1.at("cpu"), "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_FALSE(found->v1.contains("freezer")) << "v2 kills there";
}

TEST(CgroupDetect, PureV2) {
  const auto found = choose(kPureV2, kV2Controllers);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->mode, CgroupMode::kV2);
  EXPECT_EQ(found->v2, "/sys/fs/cgroup");
  EXPECT_TRUE(found->v1.empty());
}

TEST(CgroupDetect, PureV1NeedsCountsAndFreezerToo) {
  const std::string v1 = without(kHybrid, "cgroup2");
  const auto found = choose(v1);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->mode, CgroupMode::kV1);
  EXPECT_EQ(found->v2, "");
  EXPECT_EQ(found->v1.at("cpuacct"), "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_EQ(found->v1.at("freezer"), "/sys/fs/cgroup/freezer");

  const auto lame = choose(without(v1, "freezer"));
  ASSERT_FALSE(lame);
  EXPECT_THAT(lame.error().message, HasSubstr("'freezer'"));
}

TEST(CgroupDetect, ReadOnlyV2BesideUsableV1IsPureV1) {
  std::string text(kHybrid);
  const std::string_view mount = "/sys/fs/cgroup/unified rw";
  text.replace(text.find(mount) + mount.size() - 2, 2, "ro");
  const auto found = choose(text);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->mode, CgroupMode::kV1);
}

TEST(CgroupDetect, WithoutLimitsThereIsNoSandbox) {
  struct Case {
    const char* name;
    std::string mountinfo;
    std::string_view v2_controllers;
    std::string_view proc_cgroups;
    const char* said;
  };
  const Case kCases[] = {
      {"docker_v1", std::string(kDockerV1), "", "", "read-only"},
      {"docker_v2", std::string(kDockerV2), kV2Controllers, "", "read-only"},
      {"nothing", "24 23 0:22 / /sys rw - sysfs sysfs rw\n", "", "", "mount one"},
      {"no_memory", without(kHybrid, "memory"), "", "", "'memory'"},
      {"memory_is_off", without(kHybrid, "memory"), "", "memory\t0\t1\t0\n",
       "cgroup_enable=memory"},
      {"no_pids", without(kHybrid, "pids"), "", "", "'pids'"},
      {"v2_no_memory", std::string(kPureV2), "cpu pids\n", "", "'memory'"},
      {"v2_no_pids", std::string(kPureV2), "cpu memory hugepids\n", "", "'pids'"},
      {"garbage", "- - - -\n\n36 - cgroup2\n", "", "", "mount one"},
  };
  for (const Case& test : kCases) {
    const auto found = choose(test.mountinfo, test.v2_controllers, test.proc_cgroups);
    ASSERT_FALSE(found) << test.name;
    EXPECT_EQ(found.error().code, Errc::kInvalid) << test.name;
    EXPECT_THAT(found.error().message, HasSubstr(test.said)) << test.name;
  }
}

TEST(CgroupDetect, AWritableMountWinsOverAReadOnlyOne) {
  const std::string text = std::string(kDockerV2) +
                           "701 699 0:30 / /run/my\\040cgroup rw,relatime - cgroup2 cgroup rw\n" +
                           "702 699 0:30 / /other ro,relatime - cgroup2 cgroup rw\n";
  const auto found = choose(text, kV2Controllers);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->v2, "/run/my cgroup");
}

TEST(CgroupDetect, AMountAboveAnotherHidesIt) {
  const std::string text =
      std::string(kPureV2) + "99 24 0:30 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup2 rw\n";
  EXPECT_FALSE(choose(text, kV2Controllers));
}

}  // namespace
}  // namespace engine::sandbox
