#pragma once

#include <string>

#include <sys/types.h>

#include "base/fd.h"
#include "base/result.h"
#include "sandbox/cgroup.h"

namespace engine::sandbox {

// The uids and gids 0 to 65535 of a box are this many of the host, its own.
inline constexpr unsigned kIdsPerBox = 65'536;

struct BoxPlan {
  std::string root;    // Where build_image_tree() made the image's root.
  uid_t first_id = 0;  // Host uid and gid of the box's root.
  BoxCgroup* cgroup = nullptr;
  CgroupMode mode = CgroupMode::kV2;
  int network = -1;       // An empty network namespace that no living box is in.
  int init_program = -1;  // Sealed memory file.
  bool strict_seccomp = false;
  int processor = -1;  // That all in the box begin with; -1: all that the manager may use.
};

struct BoxProcess {
  Fd pidfd;   // The mother's: readable once the box is dead.
  Fd mother;  // The worker's end; she waits for her first order there.
};

// Gives the calling process of one thread mounts of its own, that vanish with it and its boxes, and
// a /proc without anything masked: the kernel lets a box mount one only where it sees all of
// another, and containers cover parts of theirs. False with errno.
bool enter_own_mounts();

// Makes the namespaces and starts the box's mother in them. For the manager only, which has one
// thread; it is in `plan.network` afterwards. kUnavailable: a step failed; says which.
Result<BoxProcess> start_box(const BoxPlan& plan);

// An empty network namespace; leaves the caller in it. It belongs to the manager's user namespace,
// so nobody in a box has any right over it.
Result<Fd> make_network();

}  // namespace engine::sandbox
