#pragma once

#include <signal.h>

#include "sandbox/init/protocol.h"

namespace engine::sandbox::init {

// Who a command becomes.
struct Runner {
  unsigned user = wire::kUser;
  bool volunteers_for_oom = false;  // Unless who starts it has done so already.
};

// Of the calling process.
void unblock_signals();

// Makes the calling process the run: its limits, its user, its descriptors, of which `kept`, if
// any, is one more, and becomes 3. False with errno. Does what a child in borrowed memory may do.
bool enter_run(const wire::RunCommand& command, const int* stdio, const Runner& runner, int* kept);

// Executes a command as the box's user and waits for its end, which goes into `info`. Returns 0, or
// the errno with which it could not be started.
int run_command(const wire::RunCommand& command, const int* stdio, siginfo_t& info);

// Waits for the end of `pid`, a child, and reaps whoever else dies meanwhile or has died: a spawner
// is the first process of its namespace, and gets those whose parents have ended. Until they are
// reaped they count against the run's limit. False: there is no such child.
bool await_command(long pid, siginfo_t& info);

// run_command() without the waiting. `pid` is negative where there is no child; after any other
// error there is one to be waited for.
int start_command(const wire::RunCommand& command, const int* stdio, const Runner& runner,
                  int& pid);

}  // namespace engine::sandbox::init
