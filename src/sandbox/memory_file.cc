#include "sandbox/memory_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sandbox/os_error.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

namespace engine::sandbox {
namespace {

// Since Linux 6.3 a host may forbid executable memory files unless they are asked for.
int create(const char* name) {
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int fd = ::memfd_create(name, flags | MFD_EXEC);
  return fd >= 0 || errno != EINVAL ? fd : ::memfd_create(name, flags);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

Result<Fd> make_memory_file(const char* name, std::span<const std::string_view> parts) {
  Fd file(create(name));
  if (!file.is_open()) return os_error("memfd_create");
  for (const std::string_view part : parts) {
    if (!write_all(file.get(), part)) return os_error("write to a memory file");
  }
  const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  if (::fcntl(file.get(), F_ADD_SEALS, seals) != 0) return os_error("seal a memory file");
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return os_error("rewind a memory file");
  return file;
}

}  // namespace engine::sandbox
