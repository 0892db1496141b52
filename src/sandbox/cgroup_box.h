#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "sandbox/cgroup.h"

namespace engine::sandbox {

// The instance's group at <parent>/<instance> is there already, with its controllers on; below the
// mount of every hierarchy. Errors as CgroupTree::make_box.
Result<std::unique_ptr<BoxCgroup>> make_box_cgroup(const Hierarchies& hierarchies,
                                                   const std::string& instance, int index,
                                                   uid_t owner, const BoxCeiling& ceiling);

// What the boxes' groups are called: this and the box's index, below the mount. On v1 they are
// beside the instance's, since there the kernel charges many of its own pages at every level, one
// by one: a level costs a short program 2 %.
std::string box_prefix_v2(const std::string& instance);
std::string box_prefix_v1(const std::string& instance);

// v2: turns on memory, pids and, where there is one, cpu for the children of `path`. kUnavailable:
// processes sit in `path` itself. kInvalid: a controller is missing there, or not permitted.
Status enable_controllers(const std::string& path);

}  // namespace engine::sandbox
