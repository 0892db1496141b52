#include "sandbox/init/new_file.h"

#include <cerrno>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace engine::sandbox::init {
namespace {

// Owned by the box's root and open to all: the program may put its own files beside ours.
int make_parents(int work, char* path) {
  for (char* at = path; *at != '\0'; ++at) {
    if (*at != '/') continue;
    *at = '\0';
    const int error = mkdirat(work, path, 0777) == 0 || errno == EEXIST ? 0 : errno;
    *at = '/';
    if (error != 0) return error;
  }
  return 0;
}

int create(int work, const char* path, bool executable) {
  open_how how{};
  how.flags = O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC;
  how.mode = executable ? 0555 : 0444;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const long file = syscall(SYS_openat2, work, path, &how, sizeof(how));
  return file < 0 ? -errno : static_cast<int>(file);
}

}  // namespace

int make_new_file(int work, char* path, bool executable) {
  const int file = create(work, path, executable);
  if (file != -ENOENT) return file;
  if (const int error = make_parents(work, path); error != 0) return -error;
  return create(work, path, executable);
}

}  // namespace engine::sandbox::init
