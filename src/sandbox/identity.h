#pragma once

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

namespace engine::sandbox {

// Makes the calling process of one thread this user and group, without any other group; false with
// errno. By system calls: glibc's functions tell every thread that glibc knows, and in a process of
// a raw clone those are the parent's, whose answer would be waited for for ever.
inline bool become(uid_t user) {
  return ::syscall(SYS_setgroups, 0, nullptr) == 0 &&
         ::syscall(SYS_setresgid, user, user, user) == 0 &&
         ::syscall(SYS_setresuid, user, user, user) == 0;
}

}  // namespace engine::sandbox
