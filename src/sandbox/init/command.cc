#include "sandbox/init/command.h"

#include <cerrno>

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace engine::sandbox::init {
namespace {

// Shared with the child until it executes: it runs in our memory, and we stand still meanwhile.
struct Start {
  const wire::RunCommand* command;
  const int* stdio;
  Runner runner;
  volatile int error;
};

alignas(4096) char child_stack[64 << 10];  // Its top, which is all that is used, on one page.

bool limit(__rlimit_resource resource, std::uint64_t most) {
  rlimit next = {most, most};
  if (prlimit(0, resource, &next, nullptr) == 0) return true;
  // Ours may be lower already, and then stays so.
  rlimit now{};
  return errno == EPERM && prlimit(0, resource, nullptr, &now) == 0 && now.rlim_max <= most;
}

bool set_limits(const wire::RunRequest& request) {
  return limit(RLIMIT_CPU, request.cpu_seconds) && limit(RLIMIT_FSIZE, request.file) &&
         limit(RLIMIT_STACK, request.stack) && limit(RLIMIT_NOFILE, request.descriptors);
}

// Above all others first, so that no duplicate overwrites what is still needed.
bool take_stdio(const int* stdio, int* kept) {
  for (int i = 0; i < 3; ++i) {
    if (stdio[i] < 3 || dup2(stdio[i], i) != i) return false;
  }
  if (kept == nullptr) return close_range(3, ~0u, 0) == 0;
  if (*kept != 3 && dup2(*kept, 3) != 3) return false;
  *kept = 3;
  return close_range(4, ~0u, 0) == 0;
}

// To ask is a tenth of the price, and where nobody has any groups all the way up, that is it.
bool drop_groups() {
  return syscall(SYS_getgroups, 0, nullptr) == 0 || syscall(SYS_setgroups, 0, nullptr) == 0;
}

bool become(unsigned user) {
  // By system call: glibc's wrappers do more than a child in borrowed memory may.
  return drop_groups() && syscall(SYS_setresgid, user, user, user) == 0 &&
         syscall(SYS_setresuid, user, user, user) == 0;
}

// The kernel does not pass this on to who lends us the memory, as we have not executed yet.
bool volunteer_for_oom() {
  const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  const bool done = fd >= 0 && write(fd, "1000", 4) == 4;
  if (fd >= 0) close(fd);
  return done;
}

int child_main(void* argument) {
  auto* start = static_cast<Start*>(argument);
  const wire::RunCommand& command = *start->command;
  if (enter_run(command, start->stdio, start->runner, nullptr)) {
    execve(command.argv[0], command.argv, command.envp);
  }
  start->error = errno != 0 ? errno : EINVAL;
  _exit(127);
}

}  // namespace

// By system call, as above.
void unblock_signals() {
  const std::uint64_t none = 0;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof(none));
}

bool enter_run(const wire::RunCommand& command, const int* stdio, const Runner& runner, int* kept) {
  umask(022);
  unblock_signals();
  return (!runner.volunteers_for_oom || volunteer_for_oom()) && setsid() >= 0 &&
         take_stdio(stdio, kept) && set_limits(command.request) && become(runner.user) &&
         chdir(wire::kWork) == 0;
}

int start_command(const wire::RunCommand& command, const int* stdio, const Runner& runner,
                  int& pid) {
  Start start = {&command, stdio, runner, 0};
  pid = clone(child_main, child_stack + sizeof(child_stack), CLONE_VM | CLONE_VFORK | SIGCHLD,
              &start);
  return pid < 0 ? errno : start.error;
}

int run_command(const wire::RunCommand& command, const int* stdio, siginfo_t& info) {
  int pid = -1;
  const int error = start_command(command, stdio, Runner{}, pid);
  if (pid < 0) return error;
  return await_command(pid, info) ? error : ECHILD;
}

bool await_command(long pid, siginfo_t& info) {
  bool ended = false;
  for (;;) {
    siginfo_t dead{};
    const int failure = waitid(P_ALL, 0, &dead, ended ? WEXITED | WNOHANG : WEXITED);
    if (failure != 0 && errno == EINTR) continue;
    if (failure != 0 || dead.si_pid == 0) return ended;
    if (dead.si_pid != pid) continue;
    info = dead;
    ended = true;
  }
}

}  // namespace engine::sandbox::init
