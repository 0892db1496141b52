#pragma once

#include "sandbox/box_process.h"

namespace engine::sandbox {

// The other side of start_box(): what the cloned child does until it has become the mother. Waits
// for one record on `setup`, by which its user ids are mapped; sends the failed step's name back
// there, or closes it by executing the program of sandbox/init.
[[noreturn]] void set_up_box(const BoxPlan& plan, int setup, int control);

}  // namespace engine::sandbox
