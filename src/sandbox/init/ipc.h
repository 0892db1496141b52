#pragma once

namespace engine::sandbox::init {

// Whether any System V IPC object is left in this namespace. POSIX message queues cannot be: no run
// may have any.
bool ipc_is_used();

}  // namespace engine::sandbox::init
