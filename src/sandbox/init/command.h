#pragma once

#include <signal.h>

#include "sandbox/init/protocol.h"

namespace engine::sandbox::init {

// Executes a command as the box's user and waits for its end, which goes into `info`. Returns 0, or
// the errno with which it could not be started. Closes `stdio`, so that the command's own ends of
// the pipes are the last ones.
int run_command(const wire::RunCommand& command, const int* stdio, siginfo_t& info);

}  // namespace engine::sandbox::init
