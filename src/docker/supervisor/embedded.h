#pragma once

#include <string_view>

namespace engine::docker {

// The supervisor, an ELF file, as it was built with this program.
std::string_view supervisor_program();

}  // namespace engine::docker
