#include "docker/container_spec.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>

// What an engine is asked for: every line of defence that is its, and what an operator has set.
namespace engine::docker {
namespace {

namespace json = boost::json;

using ::testing::HasSubstr;

const Shape kShape{"judge/image", 64_MiB, 8_MiB, 100, 20};

json::object host_of(const DockerOptions& options) {
  return container_of(options, kShape, 7).at("HostConfig").as_object();
}

std::string text(const json::value& value) {
  return json::serialize(value);
}

TEST(ContainerSpec, GivesNothingAwayThatTheSupervisorDoesNotNeed) {
  const json::object container = container_of({}, kShape, 7);
  EXPECT_EQ(container.at("Image"), "judge/image");
  EXPECT_EQ(container.at("User"), "0:0") << "the supervisor's; runs are another user";
  EXPECT_EQ(text(container.at("Env")), "[]");
  const json::object host = host_of({});
  EXPECT_EQ(host.at("NetworkMode"), "none");
  EXPECT_EQ(host.at("IpcMode"), "none");
  EXPECT_EQ(host.at("CgroupnsMode"), "private");
  EXPECT_EQ(host.at("ReadonlyRootfs"), true);
  EXPECT_EQ(text(host.at("CapDrop")), R"(["ALL"])");
  EXPECT_EQ(text(host.at("CapAdd")), R"(["SETUID","SETGID","KILL"])");
  EXPECT_EQ(text(host.at("SecurityOpt")), R"(["no-new-privileges"])");
  EXPECT_FALSE(host.contains("Privileged"));
  EXPECT_FALSE(host.contains("Binds"));
  ASSERT_EQ(host.at("Mounts").as_array().size(), 1U);
  EXPECT_EQ(host.at("Mounts").at(0).at("ReadOnly"), true);
}

TEST(ContainerSpec, LimitsWhatTheShapeSays) {
  const json::object host = host_of({});
  EXPECT_EQ(host.at("Memory"), kShape.memory.count);
  EXPECT_EQ(host.at("MemorySwap"), host.at("Memory")) << "together: no swap";
  EXPECT_EQ(host.at("PidsLimit"), kShape.processes + 1) << "and the supervisor";
  for (const char* directory : {"/box", "/tmp", "/dev/shm"}) {
    const std::string mount = text(host.at("Tmpfs").at(directory));
    EXPECT_THAT(mount, HasSubstr("nosuid,nodev,size=8388608,nr_inodes=101")) << directory;
  }
}

TEST(ContainerSpec, LeavesToTheEngineWhatNobodyHasSet) {
  const json::object host = host_of({});
  for (const char* member : {"Runtime", "CgroupParent", "NanoCpus"})
    EXPECT_FALSE(host.contains(member)) << member;
}

TEST(ContainerSpec, PassesOnWhatTheOperatorHasSet) {
  DockerOptions options;
  options.runtime = "runsc";
  options.cgroup_parent = "/judges";
  options.processors = 1.5;
  const json::object host = host_of(options);
  EXPECT_EQ(host.at("Runtime"), "runsc");
  EXPECT_EQ(host.at("CgroupParent"), "/judges");
  EXPECT_EQ(host.at("NanoCpus"), 1'500'000'000);
}

TEST(ContainerSpec, TellsTheSupervisorItsUserAndTheFilter) {
  DockerOptions options;
  options.first_user = 50'000;
  options.users = 5;
  const auto command = [&] { return text(container_of(options, kShape, 7).at("Entrypoint")); };
  EXPECT_THAT(command(), HasSubstr(R"(,"50002"])"));
  options.strict_seccomp = true;
  EXPECT_THAT(command(), HasSubstr(R"(,"50002","strict"])"));
}

TEST(ContainerSpec, MarksWhoseItIs) {
  DockerOptions options;
  options.instance = "ours";
  const auto labels = container_of(options, kShape, 7).at("Labels");
  EXPECT_EQ(labels.at(kInstanceLabel), "ours");
  EXPECT_EQ(labels.at(kNumberLabel), "7");
}

}  // namespace
}  // namespace engine::docker
