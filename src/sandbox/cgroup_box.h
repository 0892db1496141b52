#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "sandbox/cgroup.h"

namespace engine::sandbox {

// Makes a box's groups in every hierarchy below `subtree`, which is there already with its
// controllers on. Errors as CgroupTree::make_box.
Result<std::unique_ptr<BoxCgroup>> make_box_cgroup(const Hierarchies& hierarchies,
                                                   const std::string& subtree, int index,
                                                   uid_t owner, const BoxCeiling& ceiling);

// v2: turns on memory, pids and, where there is one, cpu for the children of `path`. kUnavailable:
// processes sit in `path` itself. kInvalid: a controller is missing there, or not permitted.
Status enable_controllers(const std::string& path);

}  // namespace engine::sandbox
