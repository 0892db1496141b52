#pragma once

#include <cstdint>

namespace engine::sandbox::init {

// The box's only writable file system: one tmpfs with the work directory, /tmp and /dev/shm, so
// one size and one count of inodes hold for all three. Errors are errno values, 0 is success.

int mount_scratch(std::int64_t bytes, std::int64_t inodes);
int resize_scratch(std::int64_t bytes, std::int64_t inodes);
void unmount_scratch();

}  // namespace engine::sandbox::init
