#include "docker/supervisor/embedded.h"

// clang-format off
asm(".section .rodata\n"
    ".balign 64\n"
    ".global engine_supervisor_begin\n"
    "engine_supervisor_begin:\n"
    ".incbin \"" ENGINE_SUPERVISOR_PROGRAM "\"\n"
    ".global engine_supervisor_end\n"
    "engine_supervisor_end:\n"
    ".previous\n");
// clang-format on

extern "C" const char engine_supervisor_begin[];
extern "C" const char engine_supervisor_end[];

namespace engine::docker {

std::string_view supervisor_program() {
  return {engine_supervisor_begin,
          static_cast<std::size_t>(engine_supervisor_end - engine_supervisor_begin)};
}

}  // namespace engine::docker
