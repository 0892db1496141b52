#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace engine::sandbox {

// A number that no other engine on this host has, for as long as the lock is held (the kernel ends
// it with the process). From it follow the user ids of the boxes and, unless the operator named the
// instance, the name of its cgroups.
struct Instance {
  int number = 0;
  std::string name;
  Fd lock;
};

// kUnavailable: all numbers are taken, or the lock files cannot be made.
Result<Instance> claim_instance(const std::string& name);

// More boxes than this an instance cannot have: each has its own range of user ids.
inline constexpr int kMaxBoxes = 256;

// The first host user id of a box. Engines never share one, so no per-user limit of the kernel is
// shared either.
unsigned first_box_id(int instance, int box);

// Where the lock files are.
inline constexpr char kRunDirectory[] = "/run/execution-engine";

}  // namespace engine::sandbox
