#include "sandbox/box_setup.h"

#include <array>
#include <csignal>
#include <string_view>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/identity.h"
#include "sandbox/init/protocol.h"
#include "sandbox/os_error.h"
#include "sandbox/record_socket.h"

namespace engine::sandbox {
namespace {

// Beyond the mother's own, which start_at() fills; closed by execution.
constexpr int kSetupFd = 5;
constexpr int kProgramFd = 6;

Status check(bool ok, const char* step) {
  return ok ? Status(Ok{}) : Status(os_error(step));
}

Status wait_for_go(int setup) {
  std::array<char, 8> word{};
  const auto go = receive_record(setup, word, std::chrono::steady_clock::time_point::max());
  return go ? Status(Ok{}) : Status(go.error());
}

// The kernel forgets this when the user changes, but not when the mother is executed.
Status die_with_the_manager() {
  return check(::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "prctl");
}

Status become_root_of_the_box() {
  CHECK_OK(check(become(0), "become the box's root"));
  return die_with_the_manager();
}

// The filter forbids user namespaces to foreign code; this also forbids them to whoever gets past
// it. Where the kernel has no such limit the filter stands alone.
void forbid_user_namespaces() {
  const Fd file(::open("/proc/sys/user/max_user_namespaces", O_WRONLY | O_CLOEXEC));
  if (file.is_open()) static_cast<void>(::write(file.get(), "0", 1) == 1);
}

Status enter_root(const std::string& root) {
  CHECK_OK(check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0,
                 "make mounts private"));
  CHECK_OK(check(::mount(root.c_str(), root.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0,
                 "bind the root"));
  const std::string proc = root + "/proc";
  CHECK_OK(check(::mount("proc", proc.c_str(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                         "hidepid=2,subset=pid") == 0,
                 "mount /proc"));
  CHECK_OK(check(::chdir(root.c_str()) == 0, "enter the root"));
  CHECK_OK(check(::syscall(SYS_pivot_root, ".", ".") == 0, "pivot_root"));
  CHECK_OK(check(::umount2(".", MNT_DETACH) == 0, "leave the host's root"));
  return check(::chdir("/") == 0, "enter the root");
}

// What this process and its ancestors ignore is nothing to the programs in the box.
void default_signals() {
  for (int number = 1; number < NSIG; ++number)
    (void)::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

// Lays the descriptors out as the mother expects them, and closes all others.
Status arrange_descriptors(const BoxPlan& plan, int setup, int control) {
  struct Place {
    int from;
    int to;
    bool kept;
  };
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  CHECK_OK(check(null >= 0, "open /dev/null"));
  Place places[] = {
      {null,                  0,                true },
      {null,                  1,                true },
      {null,                  2,                true },
      {control,               wire::kControlFd, true },
      {plan.cgroup->box_fd(), wire::kCgroupFd,  true },
      {setup,                 kSetupFd,         false},
      {plan.init_program,     kProgramFd,       false}
  };
  // Out of each other's way first.
  for (Place& place : places) {
    if (place.from < 0) continue;
    place.from = ::fcntl(place.from, F_DUPFD_CLOEXEC, 64);
    CHECK_OK(check(place.from >= 0, "move descriptors"));
  }
  for (const Place& place : places) {
    if (place.from < 0) {
      ::close(place.to);
    } else if (::dup3(place.from, place.to, place.kept ? 0 : O_CLOEXEC) < 0) {
      return os_error("place descriptors");
    }
  }
  return check(::close_range(kProgramFd + 1, ~0U, 0) == 0, "close descriptors");
}

Status stay_on(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  return check(::sched_setaffinity(0, sizeof(set), &set) == 0, "stay on one processor");
}

Status set_up(const BoxPlan& plan, int setup) {
  CHECK_OK(die_with_the_manager());
  if (plan.processor >= 0) CHECK_OK(stay_on(plan.processor));
  CHECK_OK(plan.cgroup->attach_self());
  CHECK_OK(wait_for_go(setup));
  forbid_user_namespaces();
  CHECK_OK(become_root_of_the_box());
  CHECK_OK(check(::sethostname("box", 3) == 0, "sethostname"));
  return enter_root(plan.root);
}

}  // namespace

void set_up_box(const BoxPlan& plan, int setup, int control) {
  Status done = set_up(plan, setup);
  const char mode[] = {static_cast<char>('0' + static_cast<int>(plan.mode)), '\0'};
  const char* argv[] = {"mother", mode, plan.strict_seccomp ? "strict" : nullptr, nullptr};
  const char* environment[] = {nullptr};
  if (done) {
    default_signals();
    done = arrange_descriptors(plan, setup, control);
    if (done) setup = kSetupFd;
  }
  if (done) {
    ::syscall(SYS_execveat, kProgramFd, "", argv, environment, AT_EMPTY_PATH);
    done = os_error("start the mother");
  }
  static_cast<void>(send_record(setup, {done.error().message}));
  ::_exit(1);
}

}  // namespace engine::sandbox
