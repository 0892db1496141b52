#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "sandbox/cgroup.h"
#include "sandbox/cgroup_detect.h"
#include "sandbox/cgroup_dir.h"
#include "sandbox/examine_probe.h"
#include "sandbox/instance.h"
#include "sandbox/manager_host.h"
#include "sandbox/native.h"

namespace engine::sandbox {
namespace {

constexpr int kNeededMajor = 5;
constexpr int kNeededMinor = 14;

std::string read_first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

Finding examine_kernel() {
  utsname names{};
  ::uname(&names);
  const std::string_view release = names.release;
  int major = 0, minor = 0;
  const char* const end = release.data() + release.size();
  const auto first = std::from_chars(release.data(), end, major);
  if (first.ptr < end) std::from_chars(first.ptr + 1, end, minor);
  const bool ok = major > kNeededMajor || (major == kNeededMajor && minor >= kNeededMinor);
  return {"kernel", ok,
          ok ? "Linux " + std::string(release)
             : "Linux " + std::string(release) +
                   " is too old: killing a cgroup at once needs 5.14 or newer"};
}

Finding examine_privileges() {
  const Status capabilities = check_capabilities();
  if (!capabilities) return {"privileges", false, capabilities.error().message};
  return {"privileges", true, "what the box manager takes is there; the rest gives it up"};
}

std::string describe(const Hierarchies& hierarchies) {
  switch (hierarchies.mode) {
    case CgroupMode::kV2: return "v2 at " + hierarchies.v2;
    case CgroupMode::kHybrid:
      return "v1 limits at " + hierarchies.v1.at("memory") + ", v2 placement at " + hierarchies.v2;
    case CgroupMode::kV1:
      return "v1 at " + hierarchies.v1.at("memory") +
             "; killing a fork bomb takes seconds without v2";
  }
  return {};
}

// Making a group on pure v2 turns controllers on along the way, which would stay.
bool would_leave_traces(const Hierarchies& hierarchies) {
  if (hierarchies.mode != CgroupMode::kV2) return false;
  const auto enabled = read_cgroup_file(hierarchies.v2 + "/cgroup.subtree_control");
  return !enabled || !has_word(*enabled, "memory") || !has_word(*enabled, "pids");
}

Status try_cgroups(const Hierarchies& hierarchies, const NativeOptions& options) {
  if (would_leave_traces(hierarchies)) {
    const std::string control = hierarchies.v2 + "/cgroup.subtree_control";
    if (::access(control.c_str(), W_OK) == 0) return Ok{};
    return Error{Errc::kInvalid,
                 control + " cannot be written: run as root, or under systemd with Delegate=yes",
                 {}};
  }
  const std::string name = "doctor-" + std::to_string(::getpid());
  TRY(const auto tree, CgroupTree::create(hierarchies, options.cgroup_parent, name));
  const BoxCeiling ceiling{64_MiB, 16};
  TRY(const auto box, tree->make_box(0, first_box_id(0, 0), ceiling));
  return box->remove();
}

Finding examine_cgroups(const Result<Hierarchies>& hierarchies, const NativeOptions& options) {
  if (!hierarchies) return {"cgroups", false, hierarchies.error().message};
  if (const Status tried = try_cgroups(*hierarchies, options); !tried) {
    return {"cgroups", false, tried.error().message};
  }
  return {"cgroups", true, describe(*hierarchies)};
}

bool swap_is_on() {
  std::ifstream file("/proc/swaps");
  std::string heading, first;
  std::getline(file, heading);
  return static_cast<bool>(std::getline(file, first));
}

// On v2 the root has no swap file of its own; one kernel option governs both.
bool swap_is_accounted(const Hierarchies& hierarchies) {
  if (hierarchies.mode == CgroupMode::kV2) {
    for (const std::string& child : child_cgroups(hierarchies.v2)) {
      if (path_exists(hierarchies.v2 + "/" + child + "/memory.swap.max")) return true;
    }
    return false;
  }
  return counts_swap(hierarchies);
}

Finding examine_swap(const Hierarchies& hierarchies) {
  if (!swap_is_on()) return {"swap", true, "off, so memory limits are exact"};
  if (swap_is_accounted(hierarchies)) return {"swap", true, "on, and kept from boxes"};
  return {"swap", true,
          "on, and not accounted: a box may be swapped out by the host and so use more than its "
          "limit; boot with swapaccount=1, or turn swap off"};
}

bool any_child_has(const std::string& directory, const char* file) {
  const auto children = child_cgroups(directory);
  return std::any_of(children.begin(), children.end(), [&](const std::string& child) {
    return path_exists(directory + "/" + child + "/" + file);
  });
}

Finding examine_counts(const Hierarchies& hierarchies) {
  const bool is_v2 = hierarchies.mode == CgroupMode::kV2;
  const std::string& pids = is_v2 ? hierarchies.v2 : hierarchies.v1.at("pids");
  const bool has_pids_peak = any_child_has(pids, "pids.peak");
  const bool has_memory_peak = !is_v2 || any_child_has(hierarchies.v2, "memory.peak");
  std::string text = has_memory_peak ? "peak memory by the kernel" : "peak memory by samples";
  text += has_pids_peak ? ", peak processes by the kernel" : ", peak processes by samples";
  text += ::access("/proc/pressure/cpu", R_OK) == 0 && hierarchies.mode != CgroupMode::kV1
              ? ", waiting for a processor by pressure counters"
              : ", waiting for a processor unknown (boot with psi=1)";
  return {"measurements", true, text};
}

struct Step {
  ProbeStep step;
  const char* subject;
  const char* found;
  const char* advice;
};

// clang-format off: a table whose last column is prose
constexpr Step kSteps[] = {
    {ProbeStep::kNetwork, "network namespaces", "each box has an empty one",
     "needs CAP_SYS_ADMIN (run as root; in a container, add SYS_ADMIN) and CONFIG_NET_NS"},
    {ProbeStep::kOwnMounts, "mount namespaces", "with a /proc of which nothing is masked",
     "needs CAP_SYS_ADMIN, and an AppArmor or SELinux that allows mounts: in Docker use "
     "--security-opt apparmor=unconfined. A container that is in a user namespace itself needs a "
     "/proc that is not masked, too (systempaths=unconfined)"},
    {ProbeStep::kUserNamespace, "user namespaces", "with mount, pid, IPC and UTS ones",
     "check that sysctl user.max_user_namespaces is not 0, that kernel.unprivileged_userns_clone, "
     "where there is one, is 1, and that a container's seccomp profile allows clone3"},
    {ProbeStep::kUserMap, "user ids", "a range of 65536 for each box",
     "needs CAP_SETUID and CAP_SETGID, and a host or container with enough user ids (a container "
     "that is in a user namespace itself has too few)"},
    {ProbeStep::kCgroupNamespace, "cgroup namespaces", "can be made", "needs CONFIG_CGROUPS"},
    {ProbeStep::kMount, "mounts", "tmpfs with size and inode limits in a box",
     "mounting inside a user namespace is refused: check AppArmor and SELinux; in Docker use "
     "--security-opt apparmor=unconfined"},
    {ProbeStep::kProc, "/proc", "with a box's own processes only",
     "mounting it inside a user namespace is refused: check AppArmor and SELinux"},
    {ProbeStep::kSeccomp, "system call filter", "can be installed",
     "needs CONFIG_SECCOMP_FILTER"},
};
// clang-format on

std::vector<Finding> examine_namespaces() {
  const ProbeResult result = probe_namespaces();
  std::vector<Finding> findings;
  for (const Step& step : kSteps) {
    if (step.step == result.failed) {
      findings.push_back({step.subject, false,
                          std::generic_category().message(result.error) + ": " + step.advice});
      break;  // What comes after could not be tried.
    }
    findings.push_back({step.subject, true, step.found});
  }
  return findings;
}

Finding examine_image(const Image& image) {
  const std::string usr = image.root == "/" ? "/usr" : image.root + "/usr";
  struct stat status{};
  if (::stat(usr.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return {"image " + image.name, false, usr + " is no directory: prepare the image's root first"};
  }
  for (const Image::Resource& resource : image.resources) {
    if (!path_exists(resource.source)) {
      return {"image " + image.name, false, "resource " + resource.source + " is missing"};
    }
  }
  return {"image " + image.name, true, image.root == "/" ? "the host's /usr" : image.root};
}

// What explains odd figures later, and stops nothing.
Finding examine_circumstances() {
  const std::string clock =
      read_first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  const std::string core = read_first_line("/proc/sys/kernel/core_pattern");
  const bool slow_clock = clock == "hpet" || clock == "acpi_pm";
  std::string text = "clock " + (clock.empty() ? "unknown" : clock);
  if (slow_clock) text += " (slow: every reading of the time is a system call)";
  text += core.starts_with('|') ? "; core dumps go to a program, which boxes do not start"
                                : "; core dumps go to files, which boxes do not write";
  return {"circumstances", true, text};
}

}  // namespace

std::vector<Finding> examine_host(const NativeOptions& options) {
  std::vector<Finding> findings = {examine_kernel(), examine_privileges()};
  const auto hierarchies = detect_hierarchies();
  findings.push_back(examine_cgroups(hierarchies, options));
  if (hierarchies) {
    findings.push_back(examine_swap(*hierarchies));
    findings.push_back(examine_counts(*hierarchies));
  }
  for (Finding& finding : examine_namespaces())
    findings.push_back(std::move(finding));
  for (const Image& image : options.images)
    findings.push_back(examine_image(image));
  findings.push_back(examine_circumstances());
  return findings;
}

}  // namespace engine::sandbox
