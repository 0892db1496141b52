#include "docker/supervisor/wipe.h"

#include <cstdint>
#include <cstdio>
#include <cstring>

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "docker/protocol.h"
#include "docker/supervisor/as_user.h"

namespace engine::docker::supervisor {
namespace {

constexpr mode_t kWorkMode = 0775;  // The user's, and ours as we are of its group.
constexpr int kListing = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

// The entries of one directory, "." and ".." left out.
class Listing {
 public:
  explicit Listing(int directory) : directory_(directory) {}

  const dirent64* next() {
    for (;;) {
      if (at_ >= size_) {
        at_ = 0;
        size_ = syscall(SYS_getdents64, directory_, entries_, sizeof(entries_));
        if (size_ <= 0) return nullptr;
      }
      auto* entry = reinterpret_cast<const dirent64*>(entries_ + at_);
      at_ += entry->d_reclen;
      const char* name = entry->d_name;
      if (std::strcmp(name, ".") != 0 && std::strcmp(name, "..") != 0) return entry;
    }
  }

 private:
  int directory_;
  long size_ = 0;
  long at_ = 0;
  alignas(8) char entries_[8192];
};

// Empties a tree without ever going deep, as it may be deeper than any path or stack: directories
// inside a directory are moved to the top, and are there in a later pass.
class Tree {
 public:
  explicit Tree(int top) : top_(top) {
    if (getrandom(&tag_, sizeof(tag_), 0) != sizeof(tag_)) tag_ = 0;
  }

  bool empty() {
    for (;;) {
      if (lseek(top_, 0, SEEK_SET) < 0) return false;
      Listing entries(top_);
      bool found = false;
      while (const dirent64* entry = entries.next()) {
        found = true;
        if (!remove(*entry)) return false;
      }
      if (!found) return true;
    }
  }

 private:
  bool remove(const dirent64& entry) {
    if (entry.d_type != DT_DIR) return unlinkat(top_, entry.d_name, 0) == 0;
    static_cast<void>(fchmodat(top_, entry.d_name, 0700, 0));  // Ours is open to all already.
    const int directory = openat(top_, entry.d_name, kListing);
    if (directory < 0) return false;
    const bool flat = flatten(directory);
    close(directory);
    return flat && unlinkat(top_, entry.d_name, AT_REMOVEDIR) == 0;
  }

  bool flatten(int directory) {
    for (;;) {
      if (lseek(directory, 0, SEEK_SET) < 0) return false;
      Listing entries(directory);
      bool found = false;
      while (const dirent64* entry = entries.next()) {
        found = true;
        const bool gone = entry->d_type == DT_DIR ? move_up(directory, entry->d_name)
                                                  : unlinkat(directory, entry->d_name, 0) == 0;
        if (!gone) return false;
      }
      if (!found) return true;
    }
  }

  bool move_up(int directory, const char* name) {
    static_cast<void>(fchmodat(directory, name, 0700, 0));
    char free_name[40];
    std::snprintf(free_name, sizeof(free_name), "%016llx-%llu",
                  static_cast<unsigned long long>(tag_), moved_++);
    return renameat(directory, name, top_, free_name) == 0;
  }

  int top_;
  std::uint64_t tag_ = 0;  // No program can have guessed the names.
  unsigned long long moved_ = 0;
};

// The work directory is the user's own, so what hangs on it goes too.
bool remove_attributes(int directory) {
  static char names[64 << 10];
  const ssize_t size = flistxattr(directory, names, sizeof(names));
  for (ssize_t at = 0; at < size; at += static_cast<ssize_t>(std::strlen(names + at)) + 1) {
    if (fremovexattr(directory, names + at) != 0) return false;
  }
  return true;
}

bool wipe(const char* path, bool own) {
  if (own && chmod(path, kWorkMode) != 0) return false;
  const int directory = open(path, kListing);
  if (directory < 0) return false;
  const bool clean = (!own || remove_attributes(directory)) && Tree(directory).empty();
  close(directory);
  return clean;
}

}  // namespace

bool open_directories(unsigned user) {
  const bool common = chmod("/tmp", 01777) == 0 && chmod("/dev/shm", 01777) == 0;
  const AsUser owner(user);
  return common && chmod(sandbox::wire::kWork, kWorkMode) == 0;
}

bool wipe_directories(unsigned user) {
  const AsUser owner(user);
  return wipe(sandbox::wire::kWork, true) && wipe("/tmp", false) && wipe("/dev/shm", false);
}

}  // namespace engine::docker::supervisor
