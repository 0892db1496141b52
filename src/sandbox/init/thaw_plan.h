#pragma once

#include "sandbox/init/frozen.h"

namespace engine::sandbox::init {

// What is left to be done when a process has everything but its memory. At wire::kThawPlan, where
// the code that does it finds no other memory than the window.
struct ThawMapping {
  std::uint64_t start = 0;
  std::uint64_t bytes = 0;
  std::uint64_t offset = 0;
  std::int32_t protection = 0;
  std::int32_t flags = 0;
  std::int32_t file = -1;
  std::int32_t unused = 0;
};

struct ThawMove {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t bytes = 0;
};

struct ThawPlan {
  std::uint64_t clocks_start = 0;  // All of them, as they lie before.
  std::uint64_t clocks_end = 0;
  std::uint64_t stack_pointer = 0;
  std::uint64_t entry = 0;
  std::uint64_t thread = 0;
  wire::MemoryMap map{};
  std::uint64_t auxv[64] = {};
  char name[16] = {};
  std::uint32_t move_count = 0;
  std::uint32_t mapping_count = 0;
  std::uint32_t hot_count = 0;
  std::uint32_t unused = 0;
  ThawMove moves[2 * wire::kMaxClocks];
  wire::HotPages hot[wire::kMaxHotRuns];
  ThawMapping mappings[wire::kMaxRegions + 1];
};
static_assert(wire::kThawPlan + sizeof(ThawPlan) <= wire::kThawRun);

// Copied to wire::kThawCode and run there, on the window's stack: gives up all memory but the
// window, takes the plan's, and jumps. Calls nothing and refers to nothing.
[[noreturn]] void thaw_jump(const ThawPlan* plan);
extern "C" const char __start_thaw_text[];
extern "C" const char __stop_thaw_text[];

}  // namespace engine::sandbox::init
