#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "sandbox/examine_probe.h"
#include "sandbox/native.h"

namespace engine::sandbox {
namespace {

using ::testing::HasSubstr;

const Finding* find(const std::vector<Finding>& findings, const std::string& subject) {
  const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.subject == subject;
  });
  return found == findings.end() ? nullptr : &*found;
}

std::string read_all(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Engines and tests beside us have groups too; ours would bear our pid.
bool has_own_cgroup() {
  const std::string name = "doctor-" + std::to_string(::getpid());
  std::error_code ignored;
  for (const auto& mount : std::filesystem::directory_iterator("/sys/fs/cgroup", ignored)) {
    if (std::filesystem::exists(mount.path() / "execution-engine" / name, ignored)) return true;
  }
  return std::filesystem::exists("/sys/fs/cgroup/execution-engine/" + name, ignored);
}

TEST(ExamineHost, AHostWithRootCanServe) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const std::string mounts = read_all("/proc/self/mountinfo");
  for (const Finding& finding : examine_host({})) {
    EXPECT_TRUE(finding.ok) << finding.subject << ": " << finding.text;
    EXPECT_FALSE(finding.text.empty()) << finding.subject;
    EXPECT_EQ(finding.text.find('\n'), std::string::npos) << finding.subject;
  }
  EXPECT_EQ(read_all("/proc/self/mountinfo"), mounts);
  EXPECT_FALSE(has_own_cgroup());
}

TEST(ExamineHost, LooksAtEveryPartOfTheIsolation) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const auto findings = examine_host({});
  for (const char* subject :
       {"kernel", "privileges", "cgroups", "swap", "measurements", "network namespaces",
        "mount namespaces", "user namespaces", "user ids", "cgroup namespaces", "mounts", "/proc",
        "system call filter", "image host"}) {
    EXPECT_NE(find(findings, subject), nullptr) << subject;
  }
}

TEST(ExamineHost, NamesWhatIsMissing) {
  NativeOptions options;
  options.images = {
      {.name = "gone", .root = "/nonexistent"}
  };
  options.cgroup_parent = "../elsewhere";
  const auto findings = examine_host(options);
  const Finding* image = find(findings, "image gone");
  ASSERT_NE(image, nullptr);
  EXPECT_FALSE(image->ok);
  EXPECT_THAT(image->text, HasSubstr("/nonexistent/usr"));

  options.images = {Image{}};
  options.images[0].resources = {
      {.source = "/nonexistent/headers", .target = "headers"}
  };
  const auto more = examine_host(options);
  const Finding* resource = find(more, "image host");
  ASSERT_NE(resource, nullptr);
  EXPECT_FALSE(resource->ok);
  EXPECT_THAT(resource->text, HasSubstr("/nonexistent/headers"));
}

TEST(ExamineHost, WithoutPrivilegeItSaysWhatToDo) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to give it up";
  const auto end = [] {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(2);
    const auto findings = examine_host({});
    const Finding* privileges = find(findings, "privileges");
    const Finding* network = find(findings, "network namespaces");
    const bool told = privileges != nullptr && !privileges->ok && network != nullptr &&
                      !network->ok && network->text.find("CAP_SYS_ADMIN") != std::string::npos;
    ::_exit(told ? 0 : 1);
  };
  EXPECT_EXIT(end(), ::testing::ExitedWithCode(0), "");
}

TEST(ProbeNamespaces, AllStepsWorkHere) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const ProbeResult result = probe_namespaces();
  EXPECT_EQ(result.failed, ProbeStep::kDone) << result.error;
}

}  // namespace
}  // namespace engine::sandbox
