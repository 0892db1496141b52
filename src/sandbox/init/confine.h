#pragma once

#include "sandbox/seccomp/filters.h"

namespace engine::sandbox::init {

// What the process that starts runs lays upon itself, for each of them to inherit. False, with
// errno: the kernel refused.

// The resources that no run may have more of: no core dumps, no locked memory, no message queues.
bool set_fixed_limits();

// The system call filter, for good. Needs no_new_privs, or CAP_SYS_ADMIN.
bool install_filter(const SeccompFilter& filter);

}  // namespace engine::sandbox::init
