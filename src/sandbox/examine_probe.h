#pragma once

#include <string>

namespace engine::sandbox {

// The steps in which a box comes to be, in this order.
enum class ProbeStep {
  kNetwork,        // A network namespace.
  kOwnMounts,      // A mount namespace with a /proc of which nothing is masked.
  kUserNamespace,  // User, mount, pid, IPC and UTS namespaces, in one clone3 with a pidfd.
  kUserMap,        // 65536 user ids of the host in it.
  kCgroupNamespace,
  kMount,    // A mount namespace of its own, and a tmpfs in it.
  kProc,     // /proc with own processes only.
  kSeccomp,  // no_new_privs and the filter.
  kDone,
};

struct ProbeResult {
  ProbeStep failed = ProbeStep::kDone;  // kDone: none.
  int error = 0;                        // errno of the failed step.
};

// Really takes the steps, in children that end with the call, so that nothing is left behind.
ProbeResult probe_namespaces();

}  // namespace engine::sandbox
