#pragma once

namespace engine::sandbox::init {

// Whether any System V IPC object is left in this namespace. POSIX message queues cannot be: no run
// may have any.
bool ipc_is_used();

// Removes all of them, with what they hold in memory. For a namespace in which nobody runs.
void empty_ipc();

// The ids of objects that were made for the purpose and removed again.
struct IpcMarks {
  int memory = -1;
  int queue = -1;
  int semaphores = -1;
};

// Whether an object was ever made in this namespace since the last call, which has set `last`: the
// kernel's numbers go on where removed objects had them, which one owner of a box could tell
// another by. The first call in a namespace says true.
bool ipc_was_used(IpcMarks& last);

}  // namespace engine::sandbox::init
