#pragma once

#include <span>

namespace engine::sandbox {

// The init program, an ELF file, as it was built with this program.
std::span<const char> init_program();

}  // namespace engine::sandbox
