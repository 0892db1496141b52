#pragma once

#include <cstdint>

#include "sandbox/cgroup_files.h"

namespace engine::sandbox::init {

// The cgroup that the spawner and the run are born into.
struct Leaf {
  int directory = -1;   // For CLONE_INTO_CGROUP; -1 on pure v1.
  unsigned number = 0;  // 0: there is none.
  int files[static_cast<int>(CgroupFile::kCount)];
  std::uint32_t opened = 0;  // Bit n: files[n] is open, to be handed over.
};

// Makes a new leaf in the box's cgroup and opens its files. On pure v1 there is none. An errno.
int make_leaf(CgroupMode mode, unsigned number, Leaf& leaf);

// Closes the files once they are handed over; the kernel keeps those of the message.
void close_files(Leaf& leaf);

// Removes the leaf. Everything in it must be dead.
void remove_leaf(Leaf& leaf);

}  // namespace engine::sandbox::init
