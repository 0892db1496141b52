#pragma once

#include <cstddef>
#include <cstdint>

// A frozen process: an interpreter that was started, stopped before it read any program, and
// written to a file from which runs go on. Written by the freezer inside of a box
// (sandbox/freezer), brought to life by the spawner of another (init/thaw.h). Nothing here needs
// more than a C library.
//
// The file: a FrozenHead, then whole pages of memory. Regions that are as in a file of the image
// are mapped from there.
namespace engine::sandbox::wire {

inline constexpr std::uint32_t kFrozenMagic = 0x5a4f5246;
inline constexpr std::size_t kPage = 4096;
inline constexpr std::size_t kMaxRegions = 1'024;
inline constexpr std::size_t kMaxFrozenFiles = 192;
inline constexpr std::size_t kMaxFrozenPath = 224;
inline constexpr std::size_t kMaxClocks = 4;
inline constexpr std::size_t kMaxHotRuns = 1'024;

// Where a region's content comes from: a file by its index, or one of these.
inline constexpr std::uint32_t kFromPages = ~0u;  // The frozen file itself.
inline constexpr std::uint32_t kFromZero = ~0u - 1;

// How much of a thread's own data the C library, which says how much of it means something, has
// given to the kernel for restartable sequences: never less than the kernel's first version took.
constexpr unsigned rseq_bytes(unsigned meaningful) {
  return meaningful < 32 ? 32 : meaningful;
}
static_assert(rseq_bytes(20) == 32 && rseq_bytes(40) == 40);

struct FrozenRegion {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t offset = 0;  // In what it comes from.
  std::uint32_t protection = 0;
  std::uint32_t source = kFromZero;
};

// A file of the image that is mapped. Another file of this name is not taken for it.
struct FrozenFile {
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_s = 0;
  std::int64_t modified_ns = 0;
  char path[kMaxFrozenPath] = {};
};

// The parts of the kernel's clock pages, which are moved to where they were.
struct ClockPart {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
};

// Pages that every run changes, in a row: it gets its copies at once rather than one by one.
struct HotPages {
  std::uint64_t start = 0;
  std::uint64_t count = 0;
};

// As prctl(PR_SET_MM_MAP) takes it.
struct MemoryMap {
  std::uint64_t start_code, end_code, start_data, end_data, start_brk, brk, start_stack;
  std::uint64_t arg_start, arg_end, env_start, env_end;
  std::uint64_t auxv;
  std::uint32_t auxv_size;
  std::uint32_t exe_fd;
};

struct FrozenHead {
  std::uint32_t magic = 0;
  std::uint32_t region_count = 0;
  std::uint32_t file_count = 0;
  std::uint32_t clock_count = 0;
  std::uint32_t hot_count = 0;
  std::uint32_t late_count = 0;     // Behind those: pages that only an end at full length changes.
  std::uint64_t bytes = 0;          // Of the whole file.
  std::uint64_t stack_limit = 0;    // The room that is free below stack_end.
  std::uint64_t stack_start = 0;    // The part of the stack that is in use: the last region.
  std::uint64_t stack_end = 0;      //
  std::uint64_t stack_pointer = 0;  // With which it goes on, ...
  std::uint64_t entry = 0;          // ... and where.
  std::uint64_t thread = 0;         // Base of its thread's own data.
  MemoryMap map{};
  std::uint64_t auxv[64] = {};
  ClockPart clocks[kMaxClocks];
  HotPages hot[kMaxHotRuns];
  FrozenFile files[kMaxFrozenFiles];
  FrozenRegion regions[kMaxRegions];
};
inline constexpr std::size_t kFrozenHeadBytes = (sizeof(FrozenHead) + kPage - 1) / kPage * kPage;

// --- The window: where a process is brought to life from ---------------------------------------

// Low addresses, where neither the init nor any program that was started by its loader has
// anything.
inline constexpr std::uint64_t kWindow = 0x20000;  // One page, shared with the spawner: ThawState.
inline constexpr std::uint64_t kThawCode = kWindow + kPage;
inline constexpr std::uint64_t kThawStack = kThawCode + 4 * kPage;  // Its end.
inline constexpr std::uint64_t kThawPlan = kThawStack;
inline constexpr std::uint64_t kThawRun = 0x50000;
inline constexpr std::uint64_t kWindowEnd = 0x90000;
inline constexpr std::uint64_t kClocksAside = 0x100000;  // Where they wait when they change places.

struct ThawState {
  std::uint32_t thawed = 0;  // Set by the thawed process before anything else happens in it.
  std::uint32_t step = 0;    // How far it came otherwise.
};

// At kThawRun: what the thawed process is to do.
struct ThawRun {
  std::uint64_t argc = 0;
  char** argv = nullptr;
  char** envp = nullptr;
  const HotPages* late = nullptr;
  std::uint64_t late_count = 0;
};

}  // namespace engine::sandbox::wire
