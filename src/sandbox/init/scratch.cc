#include "sandbox/init/scratch.h"

#include <cerrno>
#include <cstdio>
#include <initializer_list>
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

// Large pieces of memory for large writes, where the kernel has them: files come in, and go, in
// half the time. Never more than a file's size.
constexpr char kHuge[] = ",huge=within_size";

void write_options(char* text, std::size_t size, std::int64_t bytes, std::int64_t inodes,
                   const char* more) {
  std::snprintf(text, size, "size=%lld,nr_inodes=%lld,mode=0711%s", static_cast<long long>(bytes),
                static_cast<long long>(inodes + kOwnInodes), more);
}

int mount_tmpfs(std::int64_t bytes, std::int64_t inodes) {
  char options[96];
  for (const char* more : {kHuge, ""}) {
    write_options(options, sizeof(options), bytes, inodes, more);
    if (mount("tmpfs", wire::kScratch, "tmpfs", MS_NOSUID | MS_NODEV, options) == 0) return 0;
    if (errno != EINVAL) break;
  }
  return errno;
}

// The init's umask is 0.
int mount_part(const Part& part) {
  if (mkdir(part.name, part.mode) != 0) return errno;
  if (part.of_user && chown(part.name, wire::kUser, 0) != 0) return errno;
  return mount(part.name, part.target, nullptr, MS_BIND, nullptr) == 0 ? 0 : errno;
}

}  // namespace

int mount_scratch(std::int64_t bytes, std::int64_t inodes) {
  if (const int error = mount_tmpfs(bytes, inodes); error != 0) return error;
  for (const Part& part : kParts) {
    if (const int error = mount_part(part); error != 0) return error;
  }
  return 0;
}

int resize_scratch(std::int64_t bytes, std::int64_t inodes) {
  char options[96];
  write_options(options, sizeof(options), bytes, inodes, "");
  const unsigned long flags = MS_REMOUNT | MS_NOSUID | MS_NODEV;
  return mount(nullptr, wire::kScratch, nullptr, flags, options) == 0 ? 0 : errno;
}

// Each umount waits until no processor can be looking at what goes. So the parts are moved below
// the whole first, and all go at once.
void unmount_scratch() {
  for (const Part& part : kParts) {
    if (mount(part.target, part.name, nullptr, MS_MOVE, nullptr) != 0) {
      umount2(part.target, MNT_DETACH | UMOUNT_NOFOLLOW);
    }
  }
  umount2(wire::kScratch, MNT_DETACH | UMOUNT_NOFOLLOW);
}

}  // namespace engine::sandbox::init
