#pragma once

#include "sandbox/init/message.h"
#include "sandbox/init/protocol.h"

namespace engine::sandbox::init {

// What the worker is told once the spawner is ready: a reply, with the files of a new leaf.
struct Announcement {
  wire::ControlReply reply;
  int fds[kMaxFds];
  int fd_count = 0;
};

// The life of the spawner: the process that lives in the run's cgroup under the system call filter,
// as PID 1 of its namespace, and starts one command after another as they come over `run_socket`.
// Makes its announcement over the control socket when it waits for the first. Has no capability but
// those to change its user, so that the command, which is another user, can neither signal nor
// trace it.
[[noreturn]] void spawner_main(int run_socket, const Announcement& announcement);

}  // namespace engine::sandbox::init
