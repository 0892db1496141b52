#include "sandbox/init/ipc.h"

#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

namespace engine::sandbox::init {
namespace {

// The kernel wants this shape for semctl's last argument, and no header has it.
union SemaphoreArgument {
  int value;
  semid_ds* status;
  seminfo* info;
};

IpcMarks set_marks() {
  IpcMarks marks;
  marks.memory = shmget(IPC_PRIVATE, 1, 0);
  if (marks.memory >= 0) shmctl(marks.memory, IPC_RMID, nullptr);
  marks.queue = msgget(IPC_PRIVATE, 0);
  if (marks.queue >= 0) msgctl(marks.queue, IPC_RMID, nullptr);
  marks.semaphores = semget(IPC_PRIVATE, 1, 0);
  if (marks.semaphores >= 0) semctl(marks.semaphores, 0, IPC_RMID);
  return marks;
}

// The kernel counts ids up by one; where it begins anew, the namespace does, too.
bool is_next(int id, int before) {
  return before >= 0 && id == before + 1;
}

}  // namespace

bool ipc_was_used(IpcMarks& last) {
  const IpcMarks now = set_marks();
  const bool untouched = is_next(now.memory, last.memory) && is_next(now.queue, last.queue) &&
                         is_next(now.semaphores, last.semaphores);
  last = now;
  return !untouched;
}

void empty_ipc() {
  shmid_ds memory{};
  shm_info memory_info{};
  const int memories = shmctl(0, SHM_INFO, reinterpret_cast<shmid_ds*>(&memory_info));
  for (int i = 0; i <= memories; ++i) {
    const int id = shmctl(i, SHM_STAT, &memory);
    if (id >= 0) shmctl(id, IPC_RMID, nullptr);
  }
  msqid_ds queue{};
  msginfo queue_info{};
  const int queues = msgctl(0, MSG_INFO, reinterpret_cast<msqid_ds*>(&queue_info));
  for (int i = 0; i <= queues; ++i) {
    const int id = msgctl(i, MSG_STAT, &queue);
    if (id >= 0) msgctl(id, IPC_RMID, nullptr);
  }
  semid_ds semaphore{};
  seminfo semaphore_info{};
  SemaphoreArgument argument{};
  argument.info = &semaphore_info;
  const int sets = semctl(0, 0, SEM_INFO, argument);
  for (int i = 0; i <= sets; ++i) {
    argument.status = &semaphore;
    const int id = semctl(i, 0, SEM_STAT, argument);
    if (id >= 0) semctl(id, 0, IPC_RMID);
  }
}

bool ipc_is_used() {
  shm_info memory{};
  msginfo queues{};
  seminfo semaphores{};
  SemaphoreArgument argument{};
  argument.info = &semaphores;
  const bool known = shmctl(0, SHM_INFO, reinterpret_cast<shmid_ds*>(&memory)) >= 0 &&
                     msgctl(0, MSG_INFO, reinterpret_cast<msqid_ds*>(&queues)) >= 0 &&
                     semctl(0, 0, SEM_INFO, argument) >= 0;
  // With *_INFO these members count objects, whatever their names say.
  return !known || memory.used_ids != 0 || queues.msgpool != 0 || semaphores.semusz != 0;
}

}  // namespace engine::sandbox::init
