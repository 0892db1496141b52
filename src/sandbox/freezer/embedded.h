#pragma once

#include <span>

namespace engine::sandbox {

// The library that freezes a Python interpreter, an ELF file, as it was built with this program.
// Empty where processes cannot be frozen: on any machine but x86-64.
std::span<const char> python_freezer();

}  // namespace engine::sandbox
