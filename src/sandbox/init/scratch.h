#pragma once

#include "sandbox/init/protocol.h"

namespace engine::sandbox::init {

// The box's only writable file system: one tmpfs with the work directory, /tmp and /dev/shm, so
// one size and one count of inodes hold for all three. Errors are errno values, 0 is success. Each
// process knows of the one that it mounted itself.

int mount_scratch(const wire::ScratchSize& size);
int resize_scratch(const wire::ScratchSize& size);
void unmount_scratch();

// Makes it as new where it is, at a seventh of the price of another one: only where a few files are
// all that is in it, and nothing else was changed. False: it has to be another one; what was in it
// may be gone already. Nobody may be at work in it.
bool empty_scratch(const wire::ScratchSize& size);

}  // namespace engine::sandbox::init
