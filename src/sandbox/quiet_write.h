#pragma once

#include <string_view>

#include "base/fd.h"

namespace engine::sandbox {

// Writes all of it to a pipe that has the room. False: it has not, or nobody reads there any more,
// which is no reason for a signal here.
bool write_quietly(const Fd& pipe, std::string_view bytes);

}  // namespace engine::sandbox
