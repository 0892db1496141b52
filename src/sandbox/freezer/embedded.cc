#include "sandbox/freezer/embedded.h"

#ifdef __x86_64__
// clang-format off
asm(".section .rodata\n"
    ".balign 64\n"
    ".global engine_freezer_begin\n"
    "engine_freezer_begin:\n"
    ".incbin \"" ENGINE_FREEZER_LIBRARY "\"\n"
    ".global engine_freezer_end\n"
    "engine_freezer_end:\n"
    ".previous\n");
// clang-format on

extern "C" const char engine_freezer_begin[];
extern "C" const char engine_freezer_end[];
#endif

namespace engine::sandbox {

std::span<const char> python_freezer() {
#ifdef __x86_64__
  return {engine_freezer_begin, engine_freezer_end};
#else
  return {};
#endif
}

}  // namespace engine::sandbox
