#pragma once

namespace engine::sandbox::freezer {

// At the end of a process each of its libraries takes itself apart: for what was preloaded that
// takes longer than a short program does, and copies memory that is given back an instant later.

// Before a process is frozen: which libraries it has.
void note_libraries();

// Whether it has any by now that are neither among those nor the interpreter's own modules.
bool has_foreign_libraries();

// In a thawed process: at its end, after all that it has registered itself and with everything
// written that it has in its buffers, the libraries are left as they are. Where the program has
// brought others, the process ends in the usual way.
void leave_libraries_at_exit();

}  // namespace engine::sandbox::freezer
