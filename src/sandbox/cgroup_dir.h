#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"
#include "base/result.h"

namespace engine::sandbox {

// Plain work on cgroup directories. All paths lie in the kernel's own file system, where nobody
// can plant a link, so going by name is safe here.

// What `action` on `path` failed with, as an error by its consequence: not permitted or read-only
// is kInvalid, busy or short of something is kUnavailable.
Error cgroup_error(std::string_view action, const std::string& path, int error_number);

Status write_cgroup_file(const std::string& path, std::string_view text);
Result<std::string> read_cgroup_file(const std::string& path);
bool path_exists(const std::string& path);

Status make_cgroup(const std::string& path);  // One that is there already is as good.
Result<Fd> open_cgroup(const std::string& path);

std::vector<std::string> child_cgroups(const std::string& path);  // Names; empty when it is gone.

// The processes of this cgroup and all below it. Those that this pid namespace cannot see are left
// out.
std::vector<pid_t> processes_below(const std::string& path);

// Removes the cgroup and all below it, deepest first. kUnavailable: something still runs in it. One
// that is gone is as good.
Status remove_cgroup(const std::string& path);

// How everything in a subtree is killed: by one write on v2, else through the freezer, so that
// nothing can fork away meanwhile. Done when the signals are sent, not when all are dead.
void kill_v2(const std::string& path);
void kill_frozen(const std::string& freezer_path);
void kill_listed(const std::string& path);

// Calls `step` until it succeeds, fails with more than kUnavailable, or the time is over.
template <typename Step>
Status retry_for(std::chrono::milliseconds patience, Step step);

void short_pause();

template <typename Step>
Status retry_for(std::chrono::milliseconds patience, Step step) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    Status status = step();
    if (status || status.error().code != Errc::kUnavailable) return status;
    if (std::chrono::steady_clock::now() >= deadline) return status;
    short_pause();
  }
}

}  // namespace engine::sandbox
