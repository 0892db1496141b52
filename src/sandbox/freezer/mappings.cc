#include "sandbox/freezer/mappings.h"

#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sandbox/init/frozen.h"

namespace engine::sandbox::freezer {
namespace {

bool parse(char* line, Mapping& out) {
  char* at = line;
  out.start = std::strtoull(at, &at, 16);
  if (*at++ != '-') return false;
  out.end = std::strtoull(at, &at, 16);
  if (*at++ != ' ') return false;
  out.protection = (at[0] == 'r' ? PROT_READ : 0u) | (at[1] == 'w' ? PROT_WRITE : 0u) |
                   (at[2] == 'x' ? PROT_EXEC : 0u);
  out.shared = at[3] == 's';
  out.offset = std::strtoull(at + 4, &at, 16);
  for (int skipped = 0; skipped < 2; ++skipped) {  // Device and inode.
    at += std::strspn(at, " ");
    at += std::strcspn(at, " ");
  }
  out.name = at + std::strspn(at, " ");
  return true;
}

}  // namespace

long read_all(const char* path, char* text, std::size_t capacity) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  std::size_t size = 0;
  ssize_t count = 0;
  while ((count = read(fd, text + size, capacity - 1 - size)) > 0)
    size += static_cast<std::size_t>(count);
  close(fd);
  text[size] = '\0';
  return count == 0 && size + 1 < capacity ? static_cast<long>(size) : -1;
}

bool Mappings::open() {
  line_ = text_;
  pages_ = ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  return pages_ >= 0 && read_all("/proc/self/maps", text_, sizeof(text_)) > 0;
}

bool Mappings::next(Mapping& out) {
  char* end = std::strchr(line_, '\n');
  if (end == nullptr) return false;
  *end = '\0';
  char* line = line_;
  line_ = end + 1;
  return parse(line, out);
}

bool Mappings::is_own(std::uint64_t address) {
  constexpr std::uint64_t kPresent = 3ull << 62;  // In memory, or swapped.
  constexpr std::uint64_t kOfFile = 1ull << 61;
  const std::uint64_t block = address / wire::kPage / kKnown * kKnown;
  if (block != known_block_) {
    const ssize_t bytes = pread(pages_, known_, sizeof(known_), static_cast<off_t>(block * 8));
    known_count_ = bytes < 0 ? 0 : static_cast<std::uint64_t>(bytes) / sizeof(known_[0]);
    known_block_ = block;
  }
  const std::uint64_t index = address / wire::kPage - block;
  if (index >= known_count_) {
    is_known_ = false;
    return true;
  }
  const std::uint64_t page = known_[index];
  return (page & kPresent) != 0 && (page & kOfFile) == 0;
}

}  // namespace engine::sandbox::freezer
