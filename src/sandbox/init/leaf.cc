#include "sandbox/init/leaf.h"

#include <cerrno>
#include <charconv>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/init/protocol.h"

namespace engine::sandbox::init {
namespace {

constexpr int kFiles = static_cast<int>(CgroupFile::kCount);
static_assert(kFiles < 15, "they travel in one message with the run socket");

void leaf_name(unsigned number, char* name, std::size_t size) {
  constexpr std::size_t kPrefix = 3;
  std::memcpy(name, "run", kPrefix);
  *std::to_chars(name + kPrefix, name + size - 1, number).ptr = '\0';
}

// One task of a run out of memory ends them all: half a program proves nothing.
int kill_as_one(int directory) {
  const int fd = openat(directory, "memory.oom.group", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int error = write(fd, "1", 1) == 1 ? 0 : errno;
  close(fd);
  return error;
}

int open_files(CgroupMode mode, Leaf& leaf) {
  for (int i = 0; i < kFiles; ++i) {
    const auto file = static_cast<CgroupFile>(i);
    const char* name = cgroup_file_name(mode, file);
    if (name == nullptr || !is_of_leaf(mode, file)) continue;
    int flags = is_written(mode, file) ? O_RDWR : O_RDONLY;
    if (file == CgroupFile::kKill) flags = O_WRONLY;
    leaf.files[i] = openat(leaf.directory, name, flags | O_CLOEXEC);
    if (leaf.files[i] >= 0) leaf.opened |= 1u << i;
    if (leaf.files[i] < 0 && !is_optional(mode, file)) return errno;
  }
  return 0;
}

int open_leaf(unsigned number, Leaf& leaf) {
  leaf = Leaf{};
  char name[24];
  leaf_name(number, name, sizeof(name));
  leaf.number = number;
  leaf.directory = openat(wire::kCgroupFd, name, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
  return leaf.directory >= 0 ? 0 : errno;
}

}  // namespace

int make_leaf(CgroupMode mode, unsigned number, Leaf& leaf) {
  if (mode == CgroupMode::kV1) return 0;
  char name[24];
  leaf_name(number, name, sizeof(name));
  if (mkdirat(wire::kCgroupFd, name, 0755) != 0) return errno;
  if (const int error = open_leaf(number, leaf); error != 0) return error;
  if (mode == CgroupMode::kV2) {
    if (const int error = kill_as_one(leaf.directory); error != 0) return error;
  }
  return open_files(mode, leaf);
}

void close_files(Leaf& leaf) {
  for (int i = 0; i < kFiles; ++i) {
    if ((leaf.opened & (1u << i)) != 0) close(leaf.files[i]);
  }
  leaf.opened = 0;
}

void remove_leaf(Leaf& leaf) {
  close_files(leaf);
  if (leaf.directory >= 0) close(leaf.directory);
  leaf.directory = -1;
  if (leaf.number == 0) return;
  char name[24];
  leaf_name(leaf.number, name, sizeof(name));
  unlinkat(wire::kCgroupFd, name, AT_REMOVEDIR);
}

}  // namespace engine::sandbox::init
