#include "sandbox/cgroup_detect.h"

#include <fstream>
#include <iterator>
#include <vector>

#include "sandbox/cgroup_dir.h"

namespace engine::sandbox {
namespace {

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(separators, at)) != std::string_view::npos) {
    const std::size_t end = text.find_first_of(separators, at);
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

// mountinfo writes blank, tab, newline and backslash of a path as three octal digits.
std::string unescape(std::string_view path) {
  std::string plain;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\' && i + 3 < path.size()) {
      plain += static_cast<char>((path[i + 1] - '0') * 64 + (path[i + 2] - '0') * 8 +
                                 (path[i + 3] - '0'));
      i += 3;
    } else {
      plain += path[i];
    }
  }
  return plain;
}

// Later mounts lie above earlier ones at the same place, and so hide them.
bool better(const CgroupMount& candidate, const CgroupMount& known) {
  return candidate.path == known.path || (known.read_only && !candidate.read_only);
}

void add_v1(CgroupMounts& mounts, const CgroupMount& mount, std::string_view options) {
  for (const std::string_view option : split(options, ",")) {
    if (option == "rw" || option == "ro" || option.find('=') != std::string_view::npos) continue;
    const auto [known, fresh] = mounts.v1.try_emplace(std::string(option), mount);
    if (!fresh && better(mount, known->second)) known->second = mount;
  }
}

bool is_disabled(std::string_view proc_cgroups, std::string_view controller) {
  for (const std::string_view line : split(proc_cgroups, "\n")) {
    const auto fields = split(line, " \t");
    if (fields.size() >= 4 && fields[0] == controller) return fields[3] == "0";
  }
  return false;
}

Error missing(const std::string& controller, const CgroupMounts& mounts,
              std::string_view proc_cgroups) {
  if (is_disabled(proc_cgroups, controller)) {
    return {Errc::kInvalid,
            "cgroups: the kernel has the controller '" + controller +
                "' turned off; boot without cgroup_disable=" + controller +
                (controller == "memory" ? " and with cgroup_enable=memory" : ""),
            {}};
  }
  if (!mounts.v2 && mounts.v1.empty()) {
    return {Errc::kInvalid,
            "cgroups: no hierarchy is mounted; mount one: mount -t cgroup2 none /sys/fs/cgroup",
            {}};
  }
  return {Errc::kInvalid,
          "cgroups: the controller '" + controller +
              "' is neither mounted as v1 nor available in v2; mount it, delegate it to this "
              "system or container, or boot with systemd.unified_cgroup_hierarchy=1",
          {}};
}

Error read_only(const std::string& path) {
  return {Errc::kInvalid,
          "cgroups: " + path + " is mounted read-only; remount it: mount -o remount,rw " + path +
              " (in a container: start it with a private cgroup namespace and a writable cgroup "
              "mount)",
          {}};
}

Result<Hierarchies> choose_v1(const CgroupMounts& mounts, std::string_view proc_cgroups) {
  Hierarchies found;
  found.mode = mounts.v2 && !mounts.v2->read_only ? CgroupMode::kHybrid : CgroupMode::kV1;
  if (found.mode == CgroupMode::kHybrid) found.v2 = mounts.v2->path;
  std::vector<std::string> needed = {"memory", "pids"};
  if (found.mode == CgroupMode::kV1) needed.insert(needed.end(), {"cpuacct", "freezer"});
  for (const std::string& controller : needed) {
    const auto mount = mounts.v1.find(controller);
    if (mount == mounts.v1.end()) return missing(controller, mounts, proc_cgroups);
    if (mount->second.read_only) return read_only(mount->second.path);
    found.v1[controller] = mount->second.path;
  }
  // Without it boxes compete for the processor task by task: worse, but every limit holds.
  if (const auto cpu = mounts.v1.find("cpu"); cpu != mounts.v1.end() && !cpu->second.read_only) {
    found.v1["cpu"] = cpu->second.path;
  }
  return found;
}

std::string read_all(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

bool has_word(std::string_view text, std::string_view word) {
  for (const std::string_view candidate : split(text, " \n")) {
    if (candidate == word) return true;
  }
  return false;
}

CgroupMounts parse_cgroup_mounts(std::string_view mountinfo) {
  CgroupMounts mounts;
  for (const std::string_view line : split(mountinfo, "\n")) {
    // "36 31 0:33 ROOT PATH OPTIONS [optional fields] - TYPE SOURCE SUPER_OPTIONS"
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    const auto before = split(line.substr(0, dash), " ");
    const auto after = split(line.substr(dash + 3), " ");
    if (before.size() < 6 || after.size() < 3) continue;
    const auto has_ro = [](std::string_view options) {
      const auto all = split(options, ",");
      return !all.empty() && all.front() == "ro";
    };
    const CgroupMount mount{unescape(before[4]), has_ro(before[5]) || has_ro(after[2])};
    if (after[0] == "cgroup2") {
      if (!mounts.v2 || better(mount, *mounts.v2)) mounts.v2 = mount;
    } else if (after[0] == "cgroup") {
      add_v1(mounts, mount, after[2]);
    }
  }
  return mounts;
}

Result<Hierarchies> choose_hierarchies(const CgroupMounts& mounts, std::string_view v2_controllers,
                                       std::string_view proc_cgroups) {
  const bool any_v1 = mounts.v1.contains("memory") || mounts.v1.contains("pids");
  if (any_v1) return choose_v1(mounts, proc_cgroups);
  for (const char* controller : {"memory", "pids"}) {
    if (!mounts.v2 || !has_word(v2_controllers, controller)) {
      return missing(controller, mounts, proc_cgroups);
    }
  }
  if (mounts.v2->read_only) return read_only(mounts.v2->path);
  Hierarchies found;
  found.mode = CgroupMode::kV2;
  found.v2 = mounts.v2->path;
  return found;
}

Result<Hierarchies> detect_hierarchies() {
  const CgroupMounts mounts = parse_cgroup_mounts(read_all("/proc/self/mountinfo"));
  const std::string controllers =
      mounts.v2 ? read_all(mounts.v2->path + "/cgroup.controllers") : std::string();
  return choose_hierarchies(mounts, controllers, read_all("/proc/cgroups"));
}

bool counts_swap(const Hierarchies& hierarchies) {
  const auto memory = hierarchies.v1.find("memory");
  return memory != hierarchies.v1.end() &&
         path_exists(memory->second + "/memory.memsw.limit_in_bytes");
}

}  // namespace engine::sandbox
