#pragma once

#include <cstddef>
#include <cstdint>

namespace engine::sandbox::freezer {

// One line of /proc/self/maps.
struct Mapping {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t offset = 0;
  std::uint32_t protection = 0;  // PROT_*
  bool shared = false;
  const char* name = nullptr;
};

// A whole file of /proc, ended by a NUL; its size, or -1.
long read_all(const char* path, char* text, std::size_t capacity);

// The calling process's memory. Allocates nothing, as that would change what is being looked at.
class Mappings {
 public:
  bool open();
  // Mapping::name is good until this is destroyed.
  bool next(Mapping& out);
  // Whether the process has a page of its own there, rather than a file's or none.
  bool is_own(std::uint64_t address);
  // Whether the kernel has told of every page that was asked about.
  bool is_known() const { return is_known_; }

 private:
  static constexpr std::size_t kText = 256 << 10;
  static constexpr std::uint64_t kKnown = 512;

  int pages_ = -1;
  char* line_ = nullptr;
  std::uint64_t known_block_ = ~0ull;
  std::uint64_t known_[kKnown];
  std::uint64_t known_count_ = 0;
  bool is_known_ = true;
  char text_[kText];
};

}  // namespace engine::sandbox::freezer
