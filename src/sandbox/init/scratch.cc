#include "sandbox/init/scratch.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <string_view>

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
constexpr std::string_view kHuge = ",huge=within_size";

// Without stdio, whose code a new process would have to map first.
class Options {
 public:
  Options(const wire::ScratchSize& size, std::string_view more) {
    add("size=");
    add(size.bytes);
    add(",nr_inodes=");
    add(size.inodes + kOwnInodes);
    add(",mode=0711");
    add(more);
    *end_ = '\0';
  }
  const char* text() const { return text_; }

 private:
  void add(std::string_view text) {
    std::memcpy(end_, text.data(), text.size());
    end_ += text.size();
  }
  void add(std::int64_t number) { end_ = std::to_chars(end_, text_ + sizeof(text_), number).ptr; }

  char text_[128];
  char* end_ = text_;
};

int mount_tmpfs(const wire::ScratchSize& size) {
  for (const std::string_view more : {kHuge, std::string_view()}) {
    const Options options(size, more);
    constexpr unsigned long kFlags = MS_NOSUID | MS_NODEV;
    if (mount("tmpfs", wire::kScratch, "tmpfs", kFlags, options.text()) == 0) return 0;
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

// The parts, from the first time that they are emptied on.
int directories[std::size(kParts)] = {-1, -1, -1};

bool measure(Used& used) {
  struct statfs counts{};
  if (statfs(wire::kScratch, &counts) != 0) return false;
  used = {counts.f_blocks - counts.f_bfree, counts.f_files - counts.f_ffree};
  return true;
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

bool open_parts() {
  for (std::size_t i = 0; i < std::size(kParts); ++i) {
    if (directories[i] >= 0) continue;
    constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    directories[i] = open(kParts[i].target, kFlags);
    if (directories[i] < 0) return false;
  }
  return true;
}

void close_parts() {
  for (int& directory : directories) {
    if (directory >= 0) close(directory);
    directory = -1;
  }
}

// Files take inodes, whatever they are and wherever; a run that has left none is the usual one.
bool remove_all_files() {
  Used used;
  if (!measure(used)) return false;
  if (used.inodes == used_when_new.inodes && used.blocks == used_when_new.blocks) return true;
  int left = kFewFiles;
  for (const int directory : directories) {
    if (!remove_files(directory, left)) return false;
  }
  return measure(used) && used.blocks == used_when_new.blocks &&
         used.inodes == used_when_new.inodes;
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
  const Options options(size, {});
  const unsigned long flags = MS_REMOUNT | MS_NOSUID | MS_NODEV;
  if (mount(nullptr, wire::kScratch, nullptr, flags, options.text()) != 0) return errno;
  size_now = size;
  return 0;
}

// Each umount waits until no processor can be looking at what goes. So the parts are moved below
// the whole first, and all go at once.
void unmount_scratch() {
  close_parts();
  for (const Part& part : kParts) {
    if (mount(part.target, part.name, nullptr, MS_MOVE, nullptr) != 0) {
      umount2(part.target, MNT_DETACH | UMOUNT_NOFOLLOW);
    }
  }
  umount2(wire::kScratch, MNT_DETACH | UMOUNT_NOFOLLOW);
}

bool empty_scratch(const wire::ScratchSize& size) {
  if (size.bytes != size_now.bytes || size.inodes != size_now.inodes) return false;
  if (!open_parts() || !remove_all_files()) return false;
  for (std::size_t i = 0; i < std::size(kParts); ++i) {
    if (!is_as_new(kParts[i], directories[i])) return false;
  }
  return true;
}

}  // namespace engine::sandbox::init
