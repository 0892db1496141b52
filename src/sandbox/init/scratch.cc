#include "sandbox/init/scratch.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <iterator>

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
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

// Up to so many files are removed one by one; a new file system costs as much as thirty.
constexpr int kFewFiles = 16;

// Large pieces of memory for large writes, where the kernel has them: files come in, and go, in
// half the time. Never more than a file's size.
constexpr char kHuge[] = ",huge=within_size";

void write_options(char* text, std::size_t room, const wire::ScratchSize& size, const char* more) {
  std::snprintf(text, room, "size=%lld,nr_inodes=%lld,mode=0711%s",
                static_cast<long long>(size.bytes),
                static_cast<long long>(size.inodes + kOwnInodes), more);
}

int mount_tmpfs(const wire::ScratchSize& size) {
  char options[96];
  for (const char* more : {kHuge, ""}) {
    write_options(options, sizeof(options), size, more);
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

// What is used of it by the kernel's own count, which nothing in it escapes.
struct Used {
  std::uint64_t blocks = 0;
  std::uint64_t inodes = 0;
};

wire::ScratchSize size_now;
Used used_when_new;

bool measure(Used& used) {
  struct statfs counts{};
  if (statfs(wire::kScratch, &counts) != 0) return false;
  used = {counts.f_blocks - counts.f_bfree, counts.f_files - counts.f_ffree};
  return true;
}

// False: there are more than `left` files, or something else.
bool remove_files(int directory, int& left) {
  alignas(8) char entries[2048];
  for (;;) {
    const long size = syscall(SYS_getdents64, directory, entries, sizeof(entries));
    if (size <= 0) return size == 0;
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries + at);
      at += entry->d_reclen;
      const char* name = entry->d_name;
      if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) continue;
      if (entry->d_type == DT_DIR || left-- == 0 || unlinkat(directory, name, 0) != 0) return false;
    }
  }
}

// Whatever its owner can do to a directory shows in one of these, or is a time, which is set anew.
bool is_as_new(const Part& part, int directory) {
  struct stat status{};
  int flags = 0;
  return fstat(directory, &status) == 0 && status.st_mode == (S_IFDIR | part.mode) &&
         status.st_uid == (part.of_user ? wire::kUser : 0) && status.st_gid == 0 &&
         status.st_nlink == 2 && flistxattr(directory, nullptr, 0) <= 0 &&
         (ioctl(directory, FS_IOC_GETFLAGS, &flags) != 0 || flags == 0) &&
         futimens(directory, nullptr) == 0;
}

bool empty_part(const Part& part, int& left) {
  const int directory = open(part.target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory < 0) return false;
  const bool done = remove_files(directory, left) && is_as_new(part, directory);
  close(directory);
  return done;
}

}  // namespace

int mount_scratch(const wire::ScratchSize& size) {
  if (const int error = mount_tmpfs(size); error != 0) return error;
  for (const Part& part : kParts) {
    if (const int error = mount_part(part); error != 0) return error;
  }
  size_now = size;
  return measure(used_when_new) ? 0 : errno;
}

int resize_scratch(const wire::ScratchSize& size) {
  char options[96];
  write_options(options, sizeof(options), size, "");
  const unsigned long flags = MS_REMOUNT | MS_NOSUID | MS_NODEV;
  if (mount(nullptr, wire::kScratch, nullptr, flags, options) != 0) return errno;
  size_now = size;
  return 0;
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

bool empty_scratch(const wire::ScratchSize& size) {
  if (size.bytes != size_now.bytes || size.inodes != size_now.inodes) return false;
  int left = kFewFiles;
  for (const Part& part : kParts) {
    if (!empty_part(part, left)) return false;
  }
  Used used;
  return measure(used) && used.blocks == used_when_new.blocks &&
         used.inodes == used_when_new.inodes;
}

}  // namespace engine::sandbox::init
