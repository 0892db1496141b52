#pragma once

#include <linux/filter.h>

namespace engine::sandbox {

// A seccomp program, compiled from rules.toml when the engine is built. Static data; needs no more
// than a C library, as the box's init and spawner have no more.
struct SeccompFilter {
  const sock_filter* rules;
  unsigned short count;
};

SeccompFilter default_filter();
SeccompFilter strict_filter();  // For judges: also no locks, leases and notices on shared files.

}  // namespace engine::sandbox
