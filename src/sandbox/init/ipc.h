#pragma once

namespace engine::sandbox::init {

// Whether any System V IPC object is left in this namespace. POSIX message queues cannot be: no run
// may have any.
bool ipc_is_used();

// Removes all of them, with what they hold in memory. For a namespace in which nobody runs.
void empty_ipc();

// Whether an object was ever made in this namespace since the last call: the kernel's numbers go
// on where removed objects had them, which one owner of a box could tell another by. The first call
// in a namespace says true.
bool ipc_was_used();

}  // namespace engine::sandbox::init
