#include "docker/container_spec.h"

#include <algorithm>

#include <boost/json/array.hpp>

#include "base/encoding.h"
#include "base/hash.h"
#include "docker/protocol.h"
#include "docker/supervisor/embedded.h"

namespace engine::docker {
namespace {

namespace json = boost::json;

constexpr Bytes kOwnMemory = 4_MiB;
constexpr Bytes kLeastMemory = 8_MiB;  // Engines refuse less than 6 MiB.
constexpr std::int64_t kPage = 4'096;
constexpr int kOwnTasks = 1;
constexpr int kOwnInodes = 1;
constexpr double kNano = 1e9;

Bytes memory_of(const sandbox::FileSet* files) {
  std::int64_t pages = 0;
  if (files != nullptr) {
    for (const sandbox::File& file : files->files())
      pages += (static_cast<std::int64_t>(file.content.size()) + kPage - 1) / kPage;
  }
  constexpr std::int64_t kMebibyte = (1_MiB).count;
  return {(pages * kPage + kMebibyte - 1) / kMebibyte * kMebibyte};
}

// Each has the whole size: an engine cannot give one file system three places.
json::object scratch_of(const Shape& shape, int user) {
  const std::string size = "rw,exec,nosuid,nodev,size=" + std::to_string(shape.disk.count) +
                           ",nr_inodes=" + std::to_string(shape.files + kOwnInodes);
  const std::string work = size + ",mode=0775,uid=" + std::to_string(user) + ",gid=0";
  return {
      {std::string(sandbox::kWorkDirectory), work               },
      {"/tmp",                               size + ",mode=1777"},
      {"/dev/shm",                           size + ",mode=1777"}
  };
}

json::array mounts() {
  return {
      json::object{{"Type", "volume"},
                   {"Source", supervisor_volume()},
                   {"Target", wire::kSupervisorDirectory},
                   {"ReadOnly", true},
                   {"VolumeOptions", json::object{{"NoCopy", true}}}}
  };
}

json::object host_config(const DockerOptions& options, const Shape& shape, int user) {
  json::object host = {
      {"NetworkMode", "none"},
      {"IpcMode", "none"}, // A namespace of its own, and no /dev/shm but ours.
      {"CgroupnsMode", "private"},
      {"ReadonlyRootfs", true},
      {"CapDrop", json::array{"ALL"}},
      // For the supervisor. Runs are another user and have none of them.
      {"CapAdd", json::array{"SETUID", "SETGID", "KILL"}},
      {"SecurityOpt", json::array{"no-new-privileges"}},
      {"Init", false},
      {"LogConfig", json::object{{"Type", "none"}}},
      {"Memory", shape.memory.count},
      {"MemorySwap", shape.memory.count}, // Together, so none is swap.
      {"PidsLimit", shape.processes + kOwnTasks},
      {"Tmpfs", scratch_of(shape, user)},
      {"Mounts", mounts()},
  };
  if (options.processors > 0) {
    host["NanoCpus"] = static_cast<std::int64_t>(options.processors * kNano);
  }
  if (!options.runtime.empty()) host["Runtime"] = options.runtime;
  if (!options.cgroup_parent.empty()) host["CgroupParent"] = options.cgroup_parent;
  return host;
}

}  // namespace

Shape shape_of(const std::string& image, const sandbox::RunSpec& spec) {
  const sandbox::RunLimits& limits = spec.limits;
  const Bytes memory = limits.memory + memory_of(spec.files.get()) + kOwnMemory;
  return {image, std::max(memory, kLeastMemory), limits.disk, limits.files, limits.processes};
}

json::object labels_of(const DockerOptions& options, unsigned number) {
  return {
      {kInstanceLabel, options.instance      },
      {kNumberLabel,   std::to_string(number)}
  };
}

std::string supervisor_volume() {
  static const std::string name =
      "execution-engine-supervisor-" + to_hex(sha256(supervisor_program())).substr(0, 16);
  return name;
}

json::object container_of(const DockerOptions& options, const Shape& shape, unsigned number) {
  const int user = options.first_user + static_cast<int>(number % unsigned(options.users));
  json::array command = {wire::kSupervisor, std::to_string(user)};
  if (options.strict_seccomp) command.emplace_back("strict");
  return {
      {"Image", shape.image},
      {"Entrypoint", std::move(command)},
      {"Cmd", json::array{}},
      {"Env", json::array{}},
      {"User", "0:0"},
      {"WorkingDir", "/"},
      {"Hostname", "box"},
      {"StopSignal", "SIGKILL"}, // The supervisor ends with its stream, and heeds nothing else.
      {"Tty", false},
      {"OpenStdin", true},
      {"StdinOnce", true},
      {"AttachStdin", true},
      {"AttachStdout", true},
      {"AttachStderr", true},
      {"Healthcheck", json::object{{"Test", json::array{"NONE"}}}},
      {"Labels", labels_of(options, number)},
      {"HostConfig", host_config(options, shape, user)},
  };
}

}  // namespace engine::docker
