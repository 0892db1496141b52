#pragma once

#include "base/fd.h"
#include "sandbox/native.h"

namespace engine::sandbox {

// How many boxes, living and dying, the manager lets its parent have.
int box_limit(const NativeOptions& options);

// The life of the forked manager, up to its end: sends whether it came up, then serves requests
// until the parent is gone. Leaves nothing behind.
[[noreturn]] void manager_main(const NativeOptions& options, Fd parent);

}  // namespace engine::sandbox
