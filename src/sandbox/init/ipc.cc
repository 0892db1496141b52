#include "sandbox/init/ipc.h"

#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

namespace engine::sandbox::init {
namespace {

// The kernel wants this shape for semctl's last argument, and no header has it.
union SemaphoreArgument {
  int value;
  seminfo* info;
};

}  // namespace

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
