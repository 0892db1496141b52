#include "sandbox/init/thaw.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/init/frozen.h"
#include "sandbox/init/thaw_plan.h"

#ifdef __x86_64__

namespace engine::sandbox::init {
namespace {

using wire::ClockPart;
using wire::FrozenHead;
using wire::FrozenRegion;
using wire::ThawRun;
using wire::ThawState;

// What this program knows of itself: where the kernel put its clocks, which is the same in all that
// are forked from the mother, and the page by which a thawed process says that it is one.
struct Self {
  ClockPart clocks[wire::kMaxClocks];
  std::uint32_t clock_count = 0;
  ThawState* state = nullptr;
};
Self self;

template <typename T>
T* at(std::uint64_t address) {
  return reinterpret_cast<T*>(address);
}

bool is_of_clock(const char* line) {
  return std::strstr(line, "[vvar") != nullptr || std::strstr(line, "[vdso]") != nullptr;
}

// Without stdio: what it would take of the heap would be one more mapping in every process.
void read_clocks() {
  char maps[4096];
  std::size_t size = 0;
  const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  for (ssize_t count = 1; count > 0 && size < sizeof(maps) - 1;) {
    count = read(fd, maps + size, sizeof(maps) - 1 - size);
    if (count > 0) size += static_cast<std::size_t>(count);
  }
  close(fd);
  maps[size] = '\0';
  char* rest = nullptr;
  for (char* line = strtok_r(maps, "\n", &rest); line != nullptr;
       line = strtok_r(nullptr, "\n", &rest)) {
    if (!is_of_clock(line) || self.clock_count == wire::kMaxClocks) continue;
    char* end = nullptr;
    ClockPart& part = self.clocks[self.clock_count++];
    part.start = std::strtoull(line, &end, 16);
    part.end = std::strtoull(end + 1, nullptr, 16);
  }
}

// The kernel would write into the frozen memory, wherever this process has its area. It also writes
// there as soon as a process that was forked runs, so that costs each of them a page.
bool forget_restartable_sequences() {
  if (__rseq_size == 0) return true;
  char* thread = static_cast<char*>(__builtin_thread_pointer());
  return syscall(SYS_rseq, thread + __rseq_offset, wire::rseq_bytes(__rseq_size),
                 RSEQ_FLAG_UNREGISTER, RSEQ_SIG) == 0;
}

// Of this spawner alone.
bool has_state() {
  if (self.state != nullptr) return true;
  void* state = mmap(at<void>(wire::kWindow), wire::kPage, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (state != at<void>(wire::kWindow)) return false;
  self.state = static_cast<ThawState*>(state);
  return true;
}

// The window's own memory: code, stack, plan, and what the run is given.
bool open_window() {
  const std::uint64_t bytes = wire::kWindowEnd - wire::kThawCode;
  void* window = mmap(at<void>(wire::kThawCode), bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (window != at<void>(wire::kThawCode)) return false;
  const auto size = static_cast<std::size_t>(__stop_thaw_text - __start_thaw_text);
  std::memcpy(window, __start_thaw_text, size);
  return size <= wire::kPage && mprotect(window, wire::kPage, PROT_READ | PROT_EXEC) == 0;
}

// Copies strings and pointers to them; returns where the strings end.
char* put_strings(char** list, char* const* from, char* to, const char* end) {
  std::size_t i = 0;
  for (; from[i] != nullptr; ++i) {
    const std::size_t bytes = std::strlen(from[i]) + 1;
    if (to == nullptr || bytes > static_cast<std::size_t>(end - to)) return nullptr;
    std::memcpy(to, from[i], bytes);
    list[i] = to;
    to += bytes;
  }
  list[i] = nullptr;
  return to;
}

bool put_run(const wire::RunCommand& command, const FrozenHead& head, wire::MemoryMap& map) {
  auto* run = at<ThawRun>(wire::kThawRun);
  const auto* end = at<const char>(wire::kWindowEnd);
  auto* late = reinterpret_cast<wire::HotPages*>(run + 1);
  std::copy_n(head.hot + head.hot_count, head.late_count, late);
  run->late = late;
  run->late_count = head.late_count;
  run->argc = command.request.argc;
  run->argv = reinterpret_cast<char**>(late + head.late_count);
  run->envp = run->argv + command.request.argc + 1;
  char* to = reinterpret_cast<char*>(run->envp + command.request.envc + 1);
  map.arg_start = reinterpret_cast<std::uint64_t>(to);
  to = put_strings(run->argv, command.argv, to, end);
  map.arg_end = map.env_start = reinterpret_cast<std::uint64_t>(to);
  if (to != nullptr) to = put_strings(run->envp, command.envp, to, end);
  map.env_end = reinterpret_cast<std::uint64_t>(to);
  return to != nullptr;
}

// The same file as was frozen, or none.
int open_file(const wire::FrozenFile& file) {
  const int fd = open(file.path, O_RDONLY | O_CLOEXEC);
  struct stat status{};
  if (fd >= 0 && fstat(fd, &status) == 0 && status.st_ino == file.inode &&
      static_cast<std::uint64_t>(status.st_size) == file.size &&
      status.st_mtim.tv_sec == file.modified_s && status.st_mtim.tv_nsec == file.modified_ns) {
    return fd;
  }
  return -1;
}

bool plan_mappings(const FrozenHead& head, int frozen, std::uint64_t stack, ThawPlan& plan) {
  int files[wire::kMaxFrozenFiles];
  for (std::uint32_t i = 0; i < head.file_count; ++i) {
    files[i] = open_file(head.files[i]);
    if (files[i] < 0) return false;
  }
  // The stack has its full size at once, as nothing else may come to lie where it grows.
  const std::uint64_t bytes = (stack + wire::kPage - 1) / wire::kPage * wire::kPage;
  plan.mappings[plan.mapping_count++] = {head.stack_end - bytes, bytes, 0, PROT_READ | PROT_WRITE,
                                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED};
  for (std::uint32_t i = 0; i < head.region_count; ++i) {
    const FrozenRegion& region = head.regions[i];
    ThawMapping& mapping = plan.mappings[plan.mapping_count++];
    mapping = {region.start,
               region.end - region.start,
               region.offset,
               static_cast<std::int32_t>(region.protection),
               MAP_PRIVATE | MAP_FIXED,
               frozen};
    if (region.source == wire::kFromZero) {
      mapping.flags |= MAP_ANONYMOUS | MAP_NORESERVE;
      mapping.file = -1;
    } else if (region.source != wire::kFromPages) {
      mapping.file = files[region.source];
    }
  }
  return true;
}

// Without address randomisation they may lie where they should, or in each other's way.
bool plan_clocks(const FrozenHead& head, ThawPlan& plan) {
  if (head.clock_count != self.clock_count) return false;
  plan.clocks_start = self.clocks[0].start;
  plan.clocks_end = self.clocks[self.clock_count - 1].end;
  const std::uint64_t first = head.clocks[0].start;
  const std::uint64_t last = head.clocks[head.clock_count - 1].end;
  const bool in_the_way = first < plan.clocks_end && last > plan.clocks_start;
  for (std::uint32_t i = 0; i < head.clock_count; ++i) {
    const ClockPart& from = self.clocks[i];
    const ClockPart& to = head.clocks[i];
    const std::uint64_t bytes = from.end - from.start;
    if (bytes != to.end - to.start) return false;
    if (first == plan.clocks_start) continue;
    const std::uint64_t aside = wire::kClocksAside + (from.start - plan.clocks_start);
    plan.moves[i] = {from.start, in_the_way ? aside : to.start, bytes};
    plan.moves[head.clock_count + i] = {aside, to.start, bytes};
  }
  plan.move_count = in_the_way ? 2 * head.clock_count : head.clock_count;
  if (first == plan.clocks_start) plan.move_count = 0;
  return true;
}

bool is_sound(const FrozenHead& head, const wire::RunCommand& command) {
  return head.magic == wire::kFrozenMagic && head.region_count <= wire::kMaxRegions &&
         head.file_count <= wire::kMaxFrozenFiles && head.hot_count <= wire::kMaxHotRuns &&
         head.late_count <= wire::kMaxHotRuns - head.hot_count && head.clock_count > 0 &&
         head.clock_count <= wire::kMaxClocks && command.request.stack <= head.stack_limit &&
         command.request.stack >= head.stack_end - head.stack_start;
}

[[noreturn]] void jump_from_window(const ThawPlan* plan) {
  const auto offset = reinterpret_cast<const char*>(&thaw_jump) - __start_thaw_text;
  asm volatile("mov %0, %%rsp\n  mov %1, %%rdi\n  jmp *%2"
               :
               : "r"(wire::kThawStack - 64 - 8), "r"(plan),
                 "r"(wire::kThawCode + static_cast<std::uint64_t>(offset))
               : "rdi", "memory");
  __builtin_unreachable();
}

// Everything that can fail comes before the last step.
[[noreturn]] void child_main(const wire::RunCommand& command, const int* stdio, int frozen,
                             const FrozenHead& head) {
  if (!open_window()) _exit(127);
  auto* plan = at<ThawPlan>(wire::kThawPlan);
  plan->map = head.map;
  std::memcpy(plan->auxv, head.auxv, sizeof(plan->auxv));
  plan->map.auxv = reinterpret_cast<std::uint64_t>(plan->auxv);
  if (!put_run(command, head, plan->map) || !enter_run(command, stdio, Runner{}, &frozen))
    _exit(127);
  const std::uint64_t stack = command.request.stack;
  if (!plan_mappings(head, frozen, stack, *plan) || !plan_clocks(head, *plan)) _exit(127);
  plan->stack_pointer = head.stack_pointer;
  plan->entry = head.entry;
  plan->thread = head.thread;
  plan->hot_count = head.hot_count;
  std::copy_n(head.hot, head.hot_count, plan->hot);
  const char* slash = std::strrchr(command.argv[0], '/');
  std::snprintf(plan->name, sizeof(plan->name), "%s",
                slash == nullptr ? command.argv[0] : slash + 1);
  // What this process inherited is gone; what it is from here on may be looked at by its own.
  if (prctl(PR_SET_DUMPABLE, 1) != 0) _exit(127);
  jump_from_window(plan);
}

}  // namespace

bool prepare_to_thaw() {
  read_clocks();
  return forget_restartable_sequences();
}

bool thaw_command(const wire::RunCommand& command, const int* stdio, int frozen, siginfo_t& info) {
  if (self.clock_count == 0 || !has_state()) return false;
  void* mapped = mmap(nullptr, wire::kFrozenHeadBytes, PROT_READ, MAP_PRIVATE, frozen, 0);
  if (mapped == MAP_FAILED) return false;
  const auto& head = *static_cast<const FrozenHead*>(mapped);
  bool thawed = false;
  if (is_sound(head, command)) {
    *self.state = ThawState{};
    const long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) child_main(command, stdio, frozen, head);
    thawed = pid > 0 && await_command(pid, info) && self.state->thawed != 0;
  }
  munmap(mapped, wire::kFrozenHeadBytes);
  return thawed;
}

}  // namespace engine::sandbox::init

#else

namespace engine::sandbox::init {
bool prepare_to_thaw() {
  return true;
}
bool thaw_command(const wire::RunCommand&, const int*, int, siginfo_t&) {
  return false;
}
}  // namespace engine::sandbox::init

#endif
