#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "sandbox/cgroup.h"
#include "sandbox/instance.h"
#include "sandbox/native.h"

namespace engine::sandbox {

// What the manager prepares once: everything that boxes are made of and that can fail for the host.
struct ManagerHost {
  Instance instance;
  std::unique_ptr<CgroupTree> cgroups;
  std::vector<std::string> roots;  // By image.
  Fd init_program;
  std::vector<int> processors;  // That this process may use, by their numbers.
};

// kInvalid: the host cannot give what is promised; says what to do. Moves the caller into a mount
// namespace of its own and gives up the capabilities that making boxes does not take.
Result<ManagerHost> prepare_host(const NativeOptions& options);

}  // namespace engine::sandbox
