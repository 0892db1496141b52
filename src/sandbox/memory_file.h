#pragma once

#include <span>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace engine::sandbox {

// An unnamed file in memory with this content, sealed: nobody can change it any more, whoever holds
// a descriptor of it. `name` is seen in /proc only. kUnavailable: no memory or descriptor left.
Result<Fd> make_memory_file(const char* name, std::span<const std::string_view> parts);

// The same in two steps: whoever has a descriptor of it may read it once it is filled.
Result<Fd> make_empty_memory_file(const char* name);
Status fill_memory_file(const Fd& file, std::string_view content);

}  // namespace engine::sandbox
