#include "sandbox/init/scratch.h"

#include <cerrno>
#include <cstdio>
#include <iterator>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/init/protocol.h"

namespace engine::sandbox::init {
namespace {

struct Part {
  const char* name;    // Inside the tmpfs.
  const char* target;  // Where the box sees it.
  mode_t mode;
  bool of_user;  // Group root may write too: the spawner puts files there without any capability.
};
constexpr Part kParts[] = {
    {"/run/box/work", wire::kWork, 0775,  true },
    {"/run/box/tmp",  "/tmp",      01777, false},
    {"/run/box/shm",  "/dev/shm",  01777, false},
};
constexpr std::int64_t kOwnInodes = 1 + std::size(kParts);

void write_options(char* text, std::size_t size, std::int64_t bytes, std::int64_t inodes) {
  std::snprintf(text, size, "size=%lld,nr_inodes=%lld,mode=0711", static_cast<long long>(bytes),
                static_cast<long long>(inodes + kOwnInodes));
}

int mount_part(const Part& part) {
  if (mkdir(part.name, 0700) != 0) return errno;
  if (part.of_user && chown(part.name, wire::kUser, 0) != 0) return errno;
  if (chmod(part.name, part.mode) != 0) return errno;
  if (mount(part.name, part.target, nullptr, MS_BIND, nullptr) != 0) return errno;
  return 0;
}

}  // namespace

int mount_scratch(std::int64_t bytes, std::int64_t inodes) {
  char options[96];
  write_options(options, sizeof(options), bytes, inodes);
  if (mount("tmpfs", wire::kScratch, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) return errno;
  for (const Part& part : kParts) {
    if (const int error = mount_part(part); error != 0) return error;
  }
  return 0;
}

int resize_scratch(std::int64_t bytes, std::int64_t inodes) {
  char options[96];
  write_options(options, sizeof(options), bytes, inodes);
  const unsigned long flags = MS_REMOUNT | MS_NOSUID | MS_NODEV;
  return mount(nullptr, wire::kScratch, nullptr, flags, options) == 0 ? 0 : errno;
}

void unmount_scratch() {
  for (const Part& part : kParts)
    umount2(part.target, MNT_DETACH | UMOUNT_NOFOLLOW);
  umount2(wire::kScratch, MNT_DETACH | UMOUNT_NOFOLLOW);
}

}  // namespace engine::sandbox::init
