#include "sandbox/init/mother.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <linux/capability.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/init/confine.h"
#include "sandbox/init/life.h"
#include "sandbox/init/life_call.h"
#include "sandbox/init/oom_score.h"
#include "sandbox/init/protocol.h"
#include "sandbox/init/thaw.h"
#include "sandbox/seccomp/filters.h"

namespace engine::sandbox::init {
namespace {

// Without it no mount namespace can be entered, hers by a spawner least of all.
bool drop_changing_root() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  data[0].effective &= ~(1u << CAP_SYS_CHROOT);
  data[0].permitted &= ~(1u << CAP_SYS_CHROOT);
  data[0].inheritable &= ~(1u << CAP_SYS_CHROOT);
  return syscall(SYS_capset, &header, data) == 0;
}

bool install_keyed_filter(bool strict) {
  const KeyedFilter form = strict ? strict_keyed_filter() : default_keyed_filter();
  sock_filter room[kMostRules];
  const bool done = draw_life_key() && install_filter(with_key(form, life_key(), room));
  explicit_bzero(room, sizeof(room));  // Lives are forked with this memory.
  return done;
}

void prepare(bool strict, OomScore& score) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (!score.open()) _exit(1);
  prctl(PR_SET_NAME, "mother");
  // Nothing here executes a program, so nobody below this process needs what is dropped.
  for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0;)
    ++capability;
  umask(0);
  if (!prepare_to_thaw() || !drop_changing_root()) _exit(1);
  if (!set_fixed_limits() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) _exit(1);
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) _exit(1);
  if (!install_keyed_filter(strict)) _exit(1);
}

int watch_children() {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, nullptr);
  const int children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  if (children < 0) _exit(1);
  return children;
}

// There is one at most, as this signal does not queue.
void forget_signal(int children) {
  signalfd_siginfo ignored{};
  static_cast<void>(read(children, &ignored, sizeof(ignored)));
}

}  // namespace

void mother_main(CgroupMode mode, bool strict) {
  OomScore score;
  prepare(strict, score);
  const int children = watch_children();
  Life life(mode, score);
  for (;;) {
    pollfd waits[2] = {
        {wire::kControlFd, POLLIN, 0},
        {children,         POLLIN, 0}
    };
    if (poll(waits, 2, -1) < 0 && errno != EINTR) _exit(1);
    if (waits[1].revents != 0) {
      forget_signal(children);
      life.reap();
    }
    if (waits[0].revents != 0) life.serve();
  }
}

}  // namespace engine::sandbox::init
