#include "sandbox/freezer/python_end.h"

#include <cstddef>
#include <cstdint>

#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>

#include "sandbox/freezer/detour.h"
#include "sandbox/freezer/process_end.h"
#include "sandbox/freezer/python_gc.h"
#include "sandbox/freezer/python_traces.h"
#include "sandbox/freezer/python_types.h"
#include "sandbox/freezer/symbol.h"

extern "C" {
// Both hidden from other libraries, as the jumps below refer to them.
__attribute__((visibility("hidden"))) void* engine_freezer_end_original = nullptr;
__attribute__((visibility("hidden"))) std::uintptr_t engine_freezer_end_stack = 0;
long engine_freezer_end();
[[noreturn]] void engine_freezer_end_at_once();
}

// In the place of Py_FinalizeEx(), and a way out of what that calls: its caller is told 0, which
// means that nothing failed.
// clang-format off
asm(".text\n"
    ".hidden engine_freezer_end\n"
    ".hidden engine_freezer_end_at_once\n"
    ".global engine_freezer_end\n"
    ".type engine_freezer_end, @function\n"
    "engine_freezer_end:\n"
    "  push %rbp\n  push %rbx\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
    "  push engine_freezer_end_stack(%rip)\n"
    "  mov %rsp, engine_freezer_end_stack(%rip)\n"
    "  call *engine_freezer_end_original(%rip)\n"
    "1:\n"
    "  pop engine_freezer_end_stack(%rip)\n"
    "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbx\n  pop %rbp\n"
    "  ret\n"
    ".global engine_freezer_end_at_once\n"
    ".type engine_freezer_end_at_once, @function\n"
    "engine_freezer_end_at_once:\n"
    "  mov engine_freezer_end_stack(%rip), %rsp\n"
    "  xor %eax, %eax\n"
    "  jmp 1b\n");
// clang-format on

namespace engine::sandbox::freezer {
namespace {

// Py_FinalizeEx, and PyGC_Collect, which it calls when everything is flushed.
struct {
  void* address;
  std::uintptr_t start;
  std::uintptr_t end;
} end_function;
void* collect_function = nullptr;
int (*is_initialized)() = nullptr;
long (*collect)() = nullptr;

const wire::HotPages* late = nullptr;
std::uint64_t late_count = 0;

// Cheap questions first.
bool is_rest_silent() {
  return !has_foreign_libraries() && leaves_no_trace() && each_in_sight(ends_in_silence) &&
         are_streams_flushed();
}

// Whether the interpreter that ends has called this, on the stack that it would be left to.
bool is_at_end(std::uintptr_t caller, std::uintptr_t here) {
  constexpr std::uintptr_t kNear = 64 << 10;
  return caller >= end_function.start && caller < end_function.end &&
         here < engine_freezer_end_stack && engine_freezer_end_stack - here < kNear &&
         is_initialized() == 0;
}

void copy_late_pages() {
  constexpr int kPopulateWrite = 23;  // MADV_POPULATE_WRITE, since Linux 5.14.
  for (std::uint64_t i = 0; i < late_count; ++i)
    madvise(reinterpret_cast<void*>(late[i].start), late[i].count * wire::kPage, kPopulateWrite);
}

// In the place of PyGC_Collect().
long on_collect() {
  const auto caller = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  if (is_at_end(caller, here)) {
    if (is_rest_silent()) engine_freezer_end_at_once();
    copy_late_pages();
  }
  return collect();
}

bool find_end() {
  if (!find(end_function.address, "Py_FinalizeEx") || !find(collect_function, "PyGC_Collect") ||
      !find(is_initialized, "Py_IsInitialized")) {
    return false;
  }
  Dl_info info{};
  void* symbol = nullptr;
  if (dladdr1(end_function.address, &info, &symbol, RTLD_DL_SYMENT) == 0 || symbol == nullptr)
    return false;
  end_function.start = reinterpret_cast<std::uintptr_t>(end_function.address);
  end_function.end = end_function.start + static_cast<const ElfW(Sym)*>(symbol)->st_size;
  return true;
}

}  // namespace

bool understand_end(void* modules, const void* interpreter) {
  return find_end() && understand_interpreter(modules, interpreter);
}

void plan_end() {
  Detour end;
  Detour collecting;
  if (!note_classes()) return;
  if (!end.plan(end_function.address) || !collecting.plan(collect_function)) return;
  void* original = nullptr;
  if (!collecting.take(reinterpret_cast<const void*>(&on_collect), original)) return;
  collect = reinterpret_cast<long (*)()>(original);
  static_cast<void>(
      !end.take(reinterpret_cast<const void*>(&engine_freezer_end), engine_freezer_end_original));
}

void expect_full_end(const wire::HotPages* pages, std::uint64_t count) {
  late = pages;
  late_count = count;
}

}  // namespace engine::sandbox::freezer
