#include "sandbox/freezer/detour.h"

#include <cstring>

#include <sys/mman.h>

#include "sandbox/init/frozen.h"

namespace engine::sandbox::freezer {
namespace {

constexpr unsigned kJump = 5;      // With 32 bits of distance.
constexpr unsigned kFarJump = 14;  // With an address of 64 bits behind it.
constexpr unsigned kMostMoved = 16;
constexpr unsigned kOriginal = 32;  // Where the page of both jumps has the way to the original.
constexpr std::uint64_t kStep = 1 << 20;
constexpr std::uint64_t kReach = 1 << 30;
constexpr std::uint64_t kLowest = 0x200000;  // Below, runs are thawed from.

// The length of an instruction with which functions begin, and which does the same wherever it
// stands; 0: it is another.
unsigned length_of(const unsigned char* at) {
  constexpr unsigned char kLanding[] = {0xf3, 0x0f, 0x1e, 0xfa};  // endbr64
  constexpr unsigned char kRoom[] = {0x48, 0x83, 0xec};           // sub $n, %rsp
  const auto is_push = [](unsigned char byte) { return (byte & 0xf8) == 0x50; };
  if (std::memcmp(at, kLanding, sizeof(kLanding)) == 0) return sizeof(kLanding);
  if (std::memcmp(at, kRoom, sizeof(kRoom)) == 0) return sizeof(kRoom) + 1;
  if (is_push(at[0])) return 1;
  if (at[0] == 0x41 && is_push(at[1])) return 2;
  return 0;
}

void put_far_jump(unsigned char* at, const void* to) {
  constexpr unsigned char kJumpBehind[] = {0xff, 0x25, 0, 0, 0, 0};  // jmp *0(%rip)
  std::memcpy(at, kJumpBehind, sizeof(kJumpBehind));
  std::memcpy(at + sizeof(kJumpBehind), &to, sizeof(to));
}

unsigned char* page_near(const unsigned char* function) {
  const auto from = reinterpret_cast<std::uint64_t>(function) / kStep * kStep;
  for (std::uint64_t at = from - kStep; at >= kLowest && from - at < kReach; at -= kStep) {
    void* const want = reinterpret_cast<void*>(at);
    void* const page = mmap(want, wire::kPage, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (page == want) return static_cast<unsigned char*>(page);
    if (page != MAP_FAILED) munmap(page, wire::kPage);
  }
  return nullptr;
}

// Both pages that it may lie on.
bool protect(unsigned char* from, unsigned bytes, int protection) {
  const auto first = reinterpret_cast<std::uint64_t>(from) & ~(wire::kPage - 1);
  const std::uint64_t end = reinterpret_cast<std::uint64_t>(from) + bytes;
  return mprotect(reinterpret_cast<void*>(first), end - first, protection) == 0;
}

}  // namespace

bool Detour::plan(void* function) {
  function_ = static_cast<unsigned char*>(function);
  if (function_ == nullptr) return false;
  for (moved_ = 0; moved_ < kJump;) {
    const unsigned length = length_of(function_ + moved_);
    if (length == 0) return false;
    moved_ += length;
  }
  return true;
}

bool Detour::take(const void* ours, void*& original) const {
  static_assert(kFarJump <= kOriginal && kJump + 3 <= kMostMoved);
  unsigned char* const page = page_near(function_);
  if (page == nullptr) return false;
  put_far_jump(page, ours);
  std::memcpy(page + kOriginal, function_, moved_);
  put_far_jump(page + kOriginal + moved_, function_ + moved_);
  if (!protect(page, kOriginal + kMostMoved + kFarJump, PROT_READ | PROT_EXEC) ||
      !protect(function_, kJump, PROT_READ | PROT_WRITE)) {
    return false;
  }
  original = page + kOriginal;
  const auto distance = static_cast<std::int32_t>(page - (function_ + kJump));
  function_[0] = 0xe9;  // jmp
  std::memcpy(function_ + 1, &distance, sizeof(distance));
  return protect(function_, kJump, PROT_READ | PROT_EXEC);
}

}  // namespace engine::sandbox::freezer
