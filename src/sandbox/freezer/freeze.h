#pragma once

#include "sandbox/init/frozen.h"

namespace engine::sandbox::freezer {

// Writes the calling process, which has one thread, to the descriptor `file`. Null: done, if
// has_frozen() says so, or failed; the process itself is of no more use. Else this is a run that
// goes on from there.
wire::ThawRun* freeze(int file);
bool has_frozen();

}  // namespace engine::sandbox::freezer
