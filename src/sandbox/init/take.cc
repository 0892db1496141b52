#include "sandbox/init/take.h"

#include <cerrno>
#include <cstring>
#include <new>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/init/protocol.h"

namespace engine::sandbox::init {
namespace {

// Names come from foreign code and may be anything; nothing is followed, nothing outside entered,
// and no FIFO waited for.
int open_below(int directory, const char* name, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(syscall(SYS_openat2, directory, name, &how, sizeof(how)));
}

// An errno, or 0 for a file that may be handed over.
int judge(int fd, struct stat& status) {
  if (fstat(fd, &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return EINVAL;
  if (status.st_nlink != 1) return EMLINK;
  return 0;
}

// A directory and what is still to be read of it. The levels above stay open, so no path is ever
// looked up again from the top.
struct Level {
  int fd = -1;
  std::size_t name_end = 0;  // Length of the path up to here.
  long size = 0;
  long at = 0;
  alignas(8) char entries[4096];
};

class Walk {
 public:
  Walk(std::uint64_t max_files, Taker& taker) : left_(max_files), taker_(taker) {}

  int run(int work) {
    if (!enter(fcntl(work, F_DUPFD_CLOEXEC, 0), 0)) return errno;
    while (depth_ > 0) {
      const dirent64* entry = next();
      if (entry == nullptr) {
        close(levels_[--depth_].fd);
      } else if (!visit(*entry)) {
        break;
      }
    }
    while (depth_ > 0)
      close(levels_[--depth_].fd);
    return result_;
  }

 private:
  bool enter(int fd, std::size_t name_end) {
    if (fd < 0) return false;
    Level& level = levels_[depth_++];
    level.fd = fd;
    level.name_end = name_end;
    level.size = level.at = 0;
    return true;
  }

  const dirent64* next() {
    Level& level = levels_[depth_ - 1];
    if (level.at >= level.size) {
      level.at = 0;
      level.size = syscall(SYS_getdents64, level.fd, level.entries, sizeof(level.entries));
      if (level.size <= 0) return nullptr;
    }
    auto* entry = reinterpret_cast<const dirent64*>(level.entries + level.at);
    level.at += entry->d_reclen;
    return entry;
  }

  bool visit(const dirent64& entry) {
    const char* name = entry.d_name;
    if (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0) return true;
    const Level& level = levels_[depth_ - 1];
    const std::size_t length = std::strlen(name);
    if (level.name_end + length + 1 > wire::kMaxName) return give_up();
    std::memcpy(path_ + level.name_end, name, length + 1);
    const std::size_t end = level.name_end + length;
    if (entry.d_type == DT_DIR) {
      if (depth_ == wire::kMaxDepth) return give_up();
      path_[end] = '/';
      path_[end + 1] = '\0';
      static_cast<void>(enter(open_below(level.fd, name, O_DIRECTORY), end + 1));
      return true;
    }
    return entry.d_type == DT_REG ? hand_over(level.fd, name, end) : true;
  }

  bool hand_over(int directory, const char* name, std::size_t end) {
    const int fd = open_below(directory, name, 0);
    if (fd < 0) return taker_.problem(path_, end, errno);
    struct stat status{};
    const int error = judge(fd, status);
    bool go_on = true;
    if (error == 0 && status.st_uid != 0) {
      go_on = left_-- > 0 ? taker_.file(path_, end, fd, status.st_mode & 0777) : give_up();
    } else if (error != 0 && status.st_uid != 0) {
      go_on = taker_.problem(path_, end, error);
    }
    close(fd);
    return go_on;
  }

  bool give_up() {
    result_ = E2BIG;
    return false;
  }

  std::uint64_t left_;
  Taker& taker_;
  int result_ = 0;
  std::size_t depth_ = 0;
  char path_[wire::kMaxName + 2];
  Level levels_[wire::kMaxDepth];
};

}  // namespace

bool take_named(int work, const char* name, std::size_t length, Taker& taker) {
  if (!wire::is_plain_name(name, length)) return taker.problem(name, length, EINVAL);
  const int fd = open_below(work, name, 0);
  if (fd < 0) return taker.problem(name, length, errno);
  struct stat status{};
  const int error = judge(fd, status);
  const bool go_on = error == 0 ? taker.file(name, length, fd, status.st_mode & 0777)
                                : taker.problem(name, length, error);
  close(fd);
  return go_on;
}

int take_all(int work, std::uint64_t max_files, Taker& taker) {
  static char storage[sizeof(Walk)];  // Its levels are too much for a small stack.
  return (new (storage) Walk(max_files, taker))->run(work);
}

}  // namespace engine::sandbox::init
