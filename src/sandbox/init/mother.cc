#include "sandbox/init/mother.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/init/confine.h"
#include "sandbox/init/init.h"
#include "sandbox/init/ipc.h"
#include "sandbox/init/message.h"
#include "sandbox/init/protocol.h"
#include "sandbox/init/thaw.h"

namespace engine::sandbox::init {
namespace {

using wire::kControlFd;

// Without it no mount namespace can be entered, hers by an init least of all.
bool drop_changing_root() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  data[0].effective &= ~(1u << CAP_SYS_CHROOT);
  data[0].permitted &= ~(1u << CAP_SYS_CHROOT);
  data[0].inheritable &= ~(1u << CAP_SYS_CHROOT);
  return syscall(SYS_capset, &header, data) == 0;
}

void prepare(bool strict) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_DUMPABLE, 0);
  prctl(PR_SET_NAME, "mother");
  // Nothing here executes a program, so nobody below this process needs what is dropped.
  for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0;)
    ++capability;
  umask(0);
  if (!prepare_to_thaw() || !drop_changing_root()) _exit(1);
  if (!set_fixed_limits() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) _exit(1);
  if (!install_filter(strict, FilterPart::kOfBox)) _exit(1);
}

// The init of a process namespace is dead only after all others in it.
void end_life(long init) {
  if (init <= 0) return;
  kill(static_cast<pid_t>(init), SIGKILL);
  while (waitid(P_PID, static_cast<id_t>(init), nullptr, WEXITED) != 0 && errno == EINTR) {
  }
}

void tell_failure(int control, const char* what) {
  wire::ControlReply reply;
  reply.answer = wire::Answer::kFailed;
  reply.error = errno;
  reply.text_bytes = static_cast<std::uint32_t>(std::strlen(what));
  send_record(control, &reply, sizeof(reply), what, std::strlen(what), nullptr, 0);
}

// An IPC namespace in which nothing was made serves again: it is half the price of a life.
bool renew_ipc(IpcMarks& marks) {
  if (ipc_is_used()) {
    empty_ipc();
  } else if (!ipc_was_used(marks)) {
    return true;
  }
  if (unshare(CLONE_NEWIPC) != 0) return false;
  ipc_was_used(marks);  // Begins the count.
  return true;
}

long begin_life(int control, IpcMarks& marks) {
  if (!renew_ipc(marks)) {
    tell_failure(control, "make an IPC namespace");
    return -1;
  }
  clone_args args{};
  args.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS;
  args.exit_signal = SIGCHLD;
  const long init = syscall(SYS_clone3, &args, sizeof(args));
  if (init < 0) tell_failure(control, "make its namespaces");
  return init;
}

}  // namespace

void mother_main(CgroupMode mode, bool strict) {
  prepare(strict);
  long init = 0;
  IpcMarks marks;
  for (;;) {
    wire::BirthRequest birth;
    int fds[kMaxFds];
    int fd_count = 0;
    const long size = receive_record(kControlFd, &birth, sizeof(birth), fds, &fd_count);
    if (size != sizeof(birth) || fd_count != 2) _exit(0);
    end_life(init);
    init = begin_life(fds[0], marks);
    if (init == 0) {
      if (dup3(fds[0], kControlFd, O_CLOEXEC) < 0) _exit(1);
      close(fds[0]);
      init_main(mode, strict, birth, fds[1]);
    }
    close(fds[0]);
    close(fds[1]);
  }
}

}  // namespace engine::sandbox::init
