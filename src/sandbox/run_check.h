#pragma once

#include "base/result.h"
#include "sandbox/boxes.h"

namespace engine::sandbox {

// kInvalid: the spec cannot be executed as it is; names the part.
Status check_run(const RunSpec& spec);

// Asks the observer, if there is one, whether the run may begin.
bool may_start(const RunSpec& spec);

}  // namespace engine::sandbox
