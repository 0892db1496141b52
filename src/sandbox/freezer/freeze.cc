#include "sandbox/freezer/freeze.h"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <asm/prctl.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/freezer/mappings.h"

namespace engine::sandbox::freezer {
namespace {

using wire::FrozenFile;
using wire::FrozenHead;
using wire::FrozenRegion;
using wire::kPage;

// Holes of fewer pages than these are written out: a region more costs every run more than they do.
constexpr std::uint64_t kSmallHole = 16;
constexpr unsigned kRseqSignature = 0x53053053;  // glibc's.

// What the kernel knows of a thread and a new process has to be told again.
struct ThreadState {
  int* thread_id;
  void* robust_head;
  std::size_t robust_bytes;
  void* rseq;
  unsigned rseq_bytes;
  std::uint64_t base;
  struct {
    void* handler;
    unsigned long flags;
    void* restorer;
    std::uint64_t mask;
  } actions[NSIG];
};
ThreadState thread_state;
bool is_written = false;

constexpr std::size_t kKernelMask = 8;

class Writer {
 public:
  explicit Writer(int file) : file_(file) {}

  bool write(std::uint64_t stack_pointer, std::uint64_t entry) {
    head_.magic = wire::kFrozenMagic;
    head_.stack_pointer = stack_pointer;
    head_.entry = entry;
    head_.thread = thread_state.base;
    rlimit stack{};
    getrlimit(RLIMIT_STACK, &stack);
    head_.stack_limit = stack.rlim_cur;
    if (!read_map_of_memory() || !read_mappings()) return false;
    head_.bytes = at_;
    return pwrite(file_, &head_, sizeof(head_), 0) == static_cast<ssize_t>(sizeof(head_));
  }

 private:
  bool read_map_of_memory() {
    char text[2048];
    if (read_all("/proc/self/stat", text, sizeof(text)) < 0) return false;
    std::uint64_t fields[64] = {};
    int count = 3;  // The third follows the name; its brackets may hold anything.
    for (char* at = std::strrchr(text, ')'); at != nullptr && count < 60; ++count) {
      at = std::strchr(at, ' ');
      if (at == nullptr) break;
      fields[count] = std::strtoull(++at, nullptr, 10);
    }
    if (count < 52) return false;
    head_.map = {fields[26], fields[27], fields[45],
                 fields[46], fields[47], static_cast<std::uint64_t>(syscall(SYS_brk, 0)),
                 fields[28], 0,          0,
                 0,          0,          0,
                 0,          ~0u};
    const long size =
        read_all("/proc/self/auxv", reinterpret_cast<char*>(head_.auxv), sizeof(head_.auxv));
    head_.map.auxv_size = static_cast<std::uint32_t>(size);
    return size > 0;
  }

  bool read_mappings() {
    if (!mappings_.open()) return false;
    for (Mapping mapping; mappings_.next(mapping);) {
      if (!take(mapping)) return false;
    }
    return stack_.end != 0 && take_stack() && mappings_.is_known();
  }

  bool take(const Mapping& mapping) {
    if (std::strcmp(mapping.name, "[vsyscall]") == 0) return true;
    if (std::strncmp(mapping.name, "[vvar", 5) == 0 || std::strcmp(mapping.name, "[vdso]") == 0) {
      if (head_.clock_count == wire::kMaxClocks) return false;
      head_.clocks[head_.clock_count++] = {mapping.start, mapping.end};
      return true;
    }
    if (std::strcmp(mapping.name, "[stack]") == 0) {
      stack_ = mapping;
      return true;
    }
    if (mapping.start < wire::kWindowEnd) return false;
    if (mapping.name[0] != '/') return !mapping.shared && take_memory(mapping);
    // What is not part of the image, but came into this box, is no file for others.
    const bool of_image = std::strncmp(mapping.name, "/box/", 5) != 0;
    if (of_image && !has_own_page(mapping)) return take_file(mapping, mapping.start, mapping.end);
    if (of_image && (mapping.protection & PROT_EXEC) != 0) return take_code(mapping);
    return !mapping.shared && write_region(mapping, mapping.start, mapping.end);
  }

  // Code of a file, with a few pages that were changed.
  bool take_code(const Mapping& mapping) {
    for (std::uint64_t at = mapping.start; at < mapping.end;) {
      const std::uint64_t start = at;
      const bool own = mappings_.is_own(start);
      while (at < mapping.end && mappings_.is_own(at) == own)
        at += kPage;
      if (!(own ? write_region(mapping, start, at) : take_file(mapping, start, at))) return false;
    }
    return true;
  }

  bool take_file(const Mapping& mapping, std::uint64_t start, std::uint64_t end) {
    std::uint32_t index = 0;
    while (index < head_.file_count && std::strcmp(head_.files[index].path, mapping.name) != 0)
      ++index;
    if (index == head_.file_count) {
      struct stat status{};
      if (index == wire::kMaxFrozenFiles || std::strlen(mapping.name) >= wire::kMaxFrozenPath ||
          stat(mapping.name, &status) != 0) {
        return false;
      }
      FrozenFile& file = head_.files[head_.file_count++];
      std::strcpy(file.path, mapping.name);
      file.inode = status.st_ino;
      file.size = static_cast<std::uint64_t>(status.st_size);
      file.modified_s = status.st_mtim.tv_sec;
      file.modified_ns = status.st_mtim.tv_nsec;
    }
    return add({start, end, mapping.offset + (start - mapping.start), mapping.protection, index});
  }

  // Memory that belongs to no file. What was never touched stays so.
  bool take_memory(const Mapping& mapping) {
    std::uint64_t done = mapping.start;
    for (std::uint64_t at = mapping.start; at < mapping.end;) {
      std::uint64_t hole = at;
      while (hole < mapping.end && mappings_.is_own(hole))
        hole += kPage;
      at = hole;
      while (at < mapping.end && !mappings_.is_own(at))
        at += kPage;
      const bool whole = hole == mapping.start && at == mapping.end;
      if (!whole && at - hole < kSmallHole * kPage) continue;
      if (hole > done && !write_region(mapping, done, hole)) return false;
      if (!add({hole, at, 0, mapping.protection, wire::kFromZero})) return false;
      done = at;
    }
    return done == mapping.end || write_region(mapping, done, mapping.end);
  }

  bool take_stack() {
    const std::uint64_t start = head_.stack_pointer & ~(kPage - 1);
    head_.stack_start = start;
    head_.stack_end = stack_.end;
    return write_region(stack_, start, stack_.end);
  }

  bool write_region(const Mapping& mapping, std::uint64_t start, std::uint64_t end) {
    if (!add({start, end, at_, mapping.protection, wire::kFromPages})) return false;
    while (start < end) {
      const ssize_t count =
          pwrite(file_, reinterpret_cast<const void*>(start), end - start, static_cast<off_t>(at_));
      if (count <= 0) return false;
      start += static_cast<std::uint64_t>(count);
      at_ += static_cast<std::uint64_t>(count);
    }
    return true;
  }

  bool add(const FrozenRegion& region) {
    if (head_.region_count == wire::kMaxRegions) return false;
    head_.regions[head_.region_count++] = region;
    return true;
  }

  bool has_own_page(const Mapping& mapping) {
    if (mapping.shared) return false;
    for (std::uint64_t page = mapping.start; page < mapping.end; page += kPage) {
      if (mappings_.is_own(page)) return true;
    }
    return false;
  }

  int file_;
  std::uint64_t at_ = wire::kFrozenHeadBytes;
  Mapping stack_{};
  FrozenHead head_{};
  Mappings mappings_;
};

void remember_thread() {
  prctl(PR_GET_TID_ADDRESS, &thread_state.thread_id, 0, 0, 0);
  syscall(SYS_get_robust_list, 0, &thread_state.robust_head, &thread_state.robust_bytes);
  syscall(SYS_arch_prctl, ARCH_GET_FS, &thread_state.base);
  const auto* offset = static_cast<const std::ptrdiff_t*>(dlsym(RTLD_DEFAULT, "__rseq_offset"));
  const auto* size = static_cast<const unsigned*>(dlsym(RTLD_DEFAULT, "__rseq_size"));
  if (offset != nullptr && size != nullptr && *size != 0) {
    thread_state.rseq =
        reinterpret_cast<void*>(thread_state.base + static_cast<std::uint64_t>(*offset));
    thread_state.rseq_bytes = wire::rseq_bytes(*size);
  }
  for (int number = 1; number < NSIG; ++number)
    syscall(SYS_rt_sigaction, number, nullptr, &thread_state.actions[number], kKernelMask);
}

}  // namespace

extern "C" {

// Called with the stack pointer and the address at which a thawed process goes on.
long engine_freezer_write(int file, std::uint64_t stack_pointer, std::uint64_t entry) {
  remember_thread();
  // All that is written from here on lies below the stack pointer, and so is no part of the image.
  is_written = Writer(file).write(stack_pointer, entry);
  return is_written ? 0 : 1;
}

// The first that happens in a thawed process.
wire::ThawRun* engine_freezer_thawed(wire::ThawRun* run) {
  const long id = syscall(SYS_set_tid_address, thread_state.thread_id);
  *thread_state.thread_id = static_cast<int>(id);
  syscall(SYS_set_robust_list, thread_state.robust_head, thread_state.robust_bytes);
  if (thread_state.rseq != nullptr) {
    std::memset(thread_state.rseq, 0, thread_state.rseq_bytes);
    // Until the kernel knows the processor, and where it refuses, nobody does.
    static_cast<std::int32_t*>(thread_state.rseq)[1] = -1;
    syscall(SYS_rseq, thread_state.rseq, thread_state.rseq_bytes, 0, kRseqSignature);
  }
  for (int number = 1; number < NSIG; ++number) {
    const auto& action = thread_state.actions[number];
    if (action.handler != nullptr) syscall(SYS_rt_sigaction, number, &action, nullptr, kKernelMask);
  }
  reinterpret_cast<wire::ThawState*>(wire::kWindow)->thawed = 1;
  munmap(reinterpret_cast<void*>(wire::kWindow), wire::kThawRun - wire::kWindow);
  return run;
}

wire::ThawRun* engine_freezer_freeze(int file);
}

// clang-format off
asm(".text\n"
    ".global engine_freezer_freeze\n"
    ".hidden engine_freezer_freeze\n"
    ".type engine_freezer_freeze, @function\n"
    "engine_freezer_freeze:\n"
    "  push %rbp\n  push %rbx\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
    "  sub $8, %rsp\n"
    "  mov %rsp, %rsi\n"
    "  lea 1f(%rip), %rdx\n"
    "  call engine_freezer_write\n"
    "  xor %eax, %eax\n"
    "  jmp 2f\n"
    "1:\n"  // A thawed process arrives here, with its stack pointer set.
    "  mov %rax, %rdi\n"
    "  call engine_freezer_thawed\n"
    "2:\n"
    "  add $8, %rsp\n"
    "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbx\n  pop %rbp\n"
    "  ret\n");
// clang-format on

bool has_frozen() {
  return is_written;
}

wire::ThawRun* freeze(int file) {
  return engine_freezer_freeze(file);
}

}  // namespace engine::sandbox::freezer
