#pragma once

#include <span>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace engine::sandbox {

// An unnamed file in memory with this content, sealed: nobody can change it any more, whoever holds
// a descriptor of it. `name` is seen in /proc only. kUnavailable: no memory or descriptor left.
Result<Fd> make_memory_file(const char* name, std::span<const std::string_view> parts);

}  // namespace engine::sandbox
