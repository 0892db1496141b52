#include "sandbox/memory_file.h"

#include <array>

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

// At a place, since where a reader begins is where the descriptor stands.
bool write_all(int fd, std::string_view bytes, off_t& at) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(fd, bytes.data(), bytes.size(), at);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    at += count;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

Status fill(const Fd& file, std::span<const std::string_view> parts) {
  off_t at = 0;
  for (const std::string_view part : parts) {
    if (!write_all(file.get(), part, at)) return os_error("write to a memory file");
  }
  const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  if (::fcntl(file.get(), F_ADD_SEALS, seals) != 0) return os_error("seal a memory file");
  return Ok{};
}

}  // namespace

Result<Fd> make_memory_file(const char* name, std::span<const std::string_view> parts) {
  TRY(Fd file, make_empty_memory_file(name));
  CHECK_OK(fill(file, parts));
  return file;
}

Result<Fd> make_empty_memory_file(const char* name) {
  Fd file(create(name));
  if (!file.is_open()) return os_error("memfd_create");
  return file;
}

Status fill_memory_file(const Fd& file, std::string_view content) {
  return fill(file, std::array{content});
}

}  // namespace engine::sandbox
