#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sandbox/cgroup.h"

namespace engine::sandbox {

// The reading half of detect_hierarchies(), apart from this machine's own files.

struct CgroupMount {
  std::string path;
  bool read_only = false;
};

struct CgroupMounts {
  std::optional<CgroupMount> v2;
  std::map<std::string, CgroupMount> v1;  // Controller -> mount; one mount may serve several.
};

// `mountinfo` as in /proc/self/mountinfo. Of several mounts of one hierarchy a writable one wins.
CgroupMounts parse_cgroup_mounts(std::string_view mountinfo);

// `v2_controllers`: cgroup.controllers of the v2 mount. `proc_cgroups`: /proc/cgroups, which tells
// a controller that the kernel's command line turned off from one that is merely not mounted.
// kInvalid: nothing here can hold memory and processes to a limit; says what to do.
Result<Hierarchies> choose_hierarchies(const CgroupMounts& mounts, std::string_view v2_controllers,
                                       std::string_view proc_cgroups);

// True when `word` is one of the blank-separated words of `text`.
bool has_word(std::string_view text, std::string_view word);

}  // namespace engine::sandbox
