#include "sandbox/init/life_call.h"

#include <cerrno>

#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace engine::sandbox::init {
namespace {

volatile std::uint64_t key = 0;  // 0: forgotten, and no key.

}  // namespace

bool draw_life_key() {
  std::uint64_t drawn = 0;
  while (drawn == 0) {
    if (getrandom(&drawn, sizeof(drawn), 0) != sizeof(drawn)) return false;
  }
  key = drawn;
  return true;
}

std::uint64_t life_key() {
  return key;
}

void forget_life_key() {
  key = 0;
}

#ifdef __x86_64__

long keyed_call(long number, long first, long second, long third, long fourth, long fifth) {
  register long r10 asm("r10") = fourth;
  register long r8 asm("r8") = fifth;
  register std::uint64_t r9 asm("r9") = key;
  long result = number;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(first), "S"(second), "d"(third), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  if (result >= 0 || result < -4095) return result;
  errno = static_cast<int>(-result);
  return -1;
}

#else

long keyed_call(long number, long first, long second, long third, long fourth, long fifth) {
  return syscall(number, first, second, third, fourth, fifth, key);
}

#endif

}  // namespace engine::sandbox::init
