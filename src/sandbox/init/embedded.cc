#include "sandbox/init/embedded.h"

// clang-format off
asm(".section .rodata\n"
    ".balign 64\n"
    ".global engine_init_begin\n"
    "engine_init_begin:\n"
    ".incbin \"" ENGINE_INIT_PROGRAM "\"\n"
    ".global engine_init_end\n"
    "engine_init_end:\n"
    ".previous\n");
// clang-format on

extern "C" const char engine_init_begin[];
extern "C" const char engine_init_end[];

namespace engine::sandbox {

std::span<const char> init_program() {
  return {engine_init_begin, engine_init_end};
}

}  // namespace engine::sandbox
