#pragma once

namespace engine::sandbox::init {

// The life of the spawner: the process that lives in the run's cgroup under the system call filter,
// and starts one command after another as they come over `run_socket`. Writes one byte to `ready`
// when it waits for the first. Has no capability but those to change its user, so that the command,
// which is another user, can neither signal nor trace it.
[[noreturn]] void spawner_main(int run_socket, int ready, bool strict);

}  // namespace engine::sandbox::init
