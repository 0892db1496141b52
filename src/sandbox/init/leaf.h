#pragma once

#include <cstdint>

#include "sandbox/cgroup_files.h"

namespace engine::sandbox::init {

// The cgroup that the spawner and the run are born into.
struct Leaf {
  int directory = -1;  // For CLONE_INTO_CGROUP; -1 on pure v1.
  int files[static_cast<int>(CgroupFile::kCount)];
  std::uint32_t opened = 0;  // Bit n: files[n] is open, to be handed over.
};

// Pure v2: makes a new leaf in the box's cgroup and opens its files. Hybrid: finds `run`. An errno.
int open_leaf(CgroupMode mode, unsigned generation, Leaf& leaf);

// Closes the files once they are handed over; the kernel keeps those of the message.
void close_files(Leaf& leaf);

// Closes the directory and, on pure v2, removes the directory. Everything in it must be dead.
void close_leaf(CgroupMode mode, unsigned generation, Leaf& leaf);

}  // namespace engine::sandbox::init
