#pragma once

#include <signal.h>

#include "sandbox/init/command.h"
#include "sandbox/init/protocol.h"

namespace engine::sandbox::init {

// For the mother: what all that are forked from her know and are without. False: what is thawed
// would be written into by the kernel.
bool prepare_to_thaw();

// run_command() for a frozen interpreter, a sealed memory file with the layout of init/frozen.h:
// the run is a process of the box like any other, but instead of executing argv[0] it takes the
// frozen memory for its own. `argv` and the environment are what it finds as its arguments.
//
// False: it could not, and nothing of the run has happened; `stdio` is still open.
bool thaw_command(const wire::RunCommand& command, const int* stdio, int frozen, siginfo_t& info);

}  // namespace engine::sandbox::init
