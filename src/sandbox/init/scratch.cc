#include "sandbox/init/scratch.h"

#include <cerrno>
#include <charconv>
#include <cstring>
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

#include "sandbox/init/life_call.h"
#include "sandbox/init/protocol.h"

namespace engine::sandbox::init {
namespace {

struct Part {
  const char* name;    // Inside the tmpfs.
  const char* source;  // The same where the box has the whole.
  const char* target;  // Where the box sees it.
  mode_t mode;
  bool of_user;  // Group root may write too: the spawner puts files there without any capability.
};
constexpr Part kAllParts[] = {
    {"work", "/run/box/work", wire::kWork, 0775,  true },
    {"tmp",  "/run/box/tmp",  "/tmp",      01777, false},
    {"shm",  "/run/box/shm",  "/dev/shm",  01777, false},
};
constexpr std::int64_t kOwnInodes = 1 + std::size(kAllParts);

// Up to so many files are removed one by one; a new file system costs as much as thirty.
constexpr int kFewFiles = 16;

bool set(int context, const char* key, const char* value) {
  return life_call(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, value) == 0;
}

bool set(int context, const char* key, std::int64_t number) {
  char text[24];
  *std::to_chars(text, text + sizeof(text) - 1, number).ptr = '\0';
  return set(context, key, text);
}

bool set_size(int context, const wire::ScratchSize& size) {
  return set(context, "size", size.bytes) && set(context, "nr_inodes", size.inodes + kOwnInodes);
}

// Large pieces of memory for large writes, where the kernel has them: files come in, and go, in
// half the time. Never more than a file's size.
bool prefer_huge(int context) {
  return set(context, "huge", "within_size") || errno == EINVAL;
}

// A mount that is nowhere yet; negative with errno.
int make_tmpfs(const wire::ScratchSize& size) {
  const auto context = static_cast<int>(life_call(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC));
  if (context < 0) return -1;
  int root = -1;
  if (set_size(context, size) && set(context, "mode", "0711") && prefer_huge(context) &&
      life_call(SYS_fsconfig, context, FSCONFIG_CMD_CREATE) == 0) {
    constexpr int kAttributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    root = static_cast<int>(life_call(SYS_fsmount, context, FSMOUNT_CLOEXEC, kAttributes));
  }
  close(context);  // An open one: errno stays as it is.
  return root;
}

// The mother's umask is 0.
bool make_part(int root, const Part& part) {
  return mkdirat(root, part.name, part.mode) == 0 &&
         (!part.of_user || fchownat(root, part.name, wire::kUser, 0, 0) == 0);
}

// False: there are more than `left` files, or something else.
bool remove_files(int directory, int& left) {
  alignas(8) char entries[2048];
  if (lseek(directory, 0, SEEK_SET) != 0) return false;
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

int open_part(int root, const Part& part) {
  return openat(root, part.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

}  // namespace

int Scratch::make(const wire::ScratchSize& size) {
  static_assert(std::size(kAllParts) == kParts);
  root_ = make_tmpfs(size);
  if (root_ < 0) return errno;
  for (const Part& part : kAllParts) {
    if (!make_part(root_, part)) return errno;
  }
  size_ = size;
  return measure(used_when_new_) ? 0 : errno;
}

int Scratch::show() const {
  if (life_call(SYS_move_mount, root_, "", AT_FDCWD, wire::kScratch, MOVE_MOUNT_F_EMPTY_PATH) !=
      0) {
    return errno;
  }
  for (const Part& part : kAllParts) {
    if (life_call(SYS_mount, part.source, part.target, nullptr, MS_BIND) != 0) return errno;
  }
  return 0;
}

void Scratch::drop() {
  for (int& part : parts_) {
    if (part >= 0) close(part);
    part = -1;
  }
  if (root_ >= 0) close(root_);
  root_ = -1;
}

int Scratch::resize(const wire::ScratchSize& size) {
  constexpr int kFlags = FSPICK_CLOEXEC | FSPICK_EMPTY_PATH;
  const auto context = static_cast<int>(life_call(SYS_fspick, root_, "", kFlags));
  if (context < 0) return errno;
  const bool done =
      set_size(context, size) && life_call(SYS_fsconfig, context, FSCONFIG_CMD_RECONFIGURE) == 0;
  const int error = done ? 0 : errno;
  close(context);
  if (done) size_ = size;
  return error;
}

bool Scratch::empty(const wire::ScratchSize& size) {
  if (size.bytes != size_.bytes || size.inodes != size_.inodes) return false;
  if (!open_parts() || !remove_all_files()) return false;
  for (int i = 0; i < kParts; ++i) {
    if (!is_as_new(kAllParts[i], parts_[i])) return false;
  }
  return true;
}

int Scratch::open_work() const {
  return open_part(root_, kAllParts[0]);
}

bool Scratch::measure(Used& used) const {
  struct statfs counts{};
  if (fstatfs(root_, &counts) != 0) return false;
  used = {counts.f_blocks - counts.f_bfree, counts.f_files - counts.f_ffree};
  return true;
}

bool Scratch::open_parts() {
  for (int i = 0; i < kParts; ++i) {
    if (parts_[i] < 0) parts_[i] = open_part(root_, kAllParts[i]);
    if (parts_[i] < 0) return false;
  }
  return true;
}

// Files take inodes, whatever they are and wherever; a run that has left none is the usual one.
bool Scratch::remove_all_files() const {
  Used used;
  if (!measure(used)) return false;
  if (used == used_when_new_) return true;
  int left = kFewFiles;
  for (const int part : parts_) {
    if (!remove_files(part, left)) return false;
  }
  return measure(used) && used == used_when_new_;
}

}  // namespace engine::sandbox::init
