#include <cstddef>

#include <asm/prctl.h>
#include <linux/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "sandbox/init/thaw_plan.h"

#ifdef __x86_64__

namespace engine::sandbox::init {
namespace {

constexpr std::uint64_t kEndOfMemory = 0x7ffffffff000;
constexpr std::uint64_t kPopulateWrite = 23;  // MADV_POPULATE_WRITE, since Linux 5.14.

[[gnu::always_inline]] inline long call(long number, std::uint64_t a = 0, std::uint64_t b = 0,
                                        std::uint64_t c = 0, std::uint64_t d = 0,
                                        std::uint64_t e = 0, std::uint64_t f = 0) {
  long result = number;
  register std::uint64_t r10 asm("r10") = d;
  register std::uint64_t r8 asm("r8") = e;
  register std::uint64_t r9 asm("r9") = f;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

[[gnu::always_inline]] inline std::uint64_t number(const void* address) {
  return reinterpret_cast<std::uint64_t>(address);
}

}  // namespace

[[gnu::section("thaw_text"), gnu::used, noreturn]] void thaw_jump(const ThawPlan* plan) {
  auto* state = reinterpret_cast<wire::ThawState*>(wire::kWindow);
  state->step = 1;
  bool ok = call(SYS_munmap, wire::kWindowEnd, plan->clocks_start - wire::kWindowEnd) == 0 &&
            call(SYS_munmap, plan->clocks_end, kEndOfMemory - plan->clocks_end) == 0;
  state->step = 2;
  for (std::uint32_t i = 0; ok && i < plan->move_count; ++i) {
    const ThawMove& move = plan->moves[i];
    ok = call(SYS_mremap, move.from, move.bytes, move.bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
              move.to) == static_cast<long>(move.to);
  }
  state->step = 3;
  for (std::uint32_t i = 0; ok && i < plan->mapping_count; ++i) {
    const ThawMapping& one = plan->mappings[i];
    ok = call(SYS_mmap, one.start, one.bytes, static_cast<std::uint64_t>(one.protection),
              static_cast<std::uint64_t>(one.flags), static_cast<std::uint64_t>(one.file),
              one.offset) == static_cast<long>(one.start);
  }
  // Where the kernel does not know this, they are copied one by one after all.
  for (std::uint32_t i = 0; i < plan->hot_count; ++i)
    call(SYS_madvise, plan->hot[i].start, plan->hot[i].count * wire::kPage, kPopulateWrite);
  state->step = 4;
  ok = ok && call(SYS_close_range, 3, ~0u) == 0 &&
       call(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, number(&plan->map), sizeof(plan->map)) == 0 &&
       call(SYS_prctl, PR_SET_NAME, number(plan->name)) == 0 &&
       call(SYS_arch_prctl, ARCH_SET_FS, plan->thread) == 0;
  if (!ok) {
    for (;;)
      call(SYS_exit_group, 1);
  }
  asm volatile("mov %0, %%rsp\n  mov %1, %%rax\n  jmp *%2"
               :
               : "r"(plan->stack_pointer), "r"(wire::kThawRun), "r"(plan->entry)
               : "rax", "memory");
  __builtin_unreachable();
}

}  // namespace engine::sandbox::init

#endif
