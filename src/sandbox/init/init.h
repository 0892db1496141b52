#pragma once

#include "sandbox/cgroup_files.h"
#include "sandbox/init/protocol.h"

namespace engine::sandbox::init {

// One life of a box, as PID 1 in it: the only process in there that may mount. Keeps a spawner
// ready, reaps what is left behind, and serves the worker's orders one by one. Lives as long as the
// worker holds the other end of the control socket, at most. `run_socket`: the first spawner's.
[[noreturn]] void init_main(CgroupMode mode, bool strict, const wire::BirthRequest& birth,
                            int run_socket);

}  // namespace engine::sandbox::init
