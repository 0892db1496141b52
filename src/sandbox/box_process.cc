#include "sandbox/box_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/box_setup.h"
#include "sandbox/os_error.h"
#include "sandbox/record_socket.h"

namespace engine::sandbox {
namespace {

// Far more than set-up takes on a machine that works at all.
constexpr std::chrono::seconds kSetUpPatience{10};

constexpr std::uint64_t kNamespaces =
    CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;

Status write_map(pid_t pid, const char* file, uid_t first_id) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + file;
  const Fd map(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const std::string line = "0 " + std::to_string(first_id) + " " + std::to_string(kIdsPerBox);
  if (!map.is_open() || ::write(map.get(), line.data(), line.size()) < 0) {
    return os_error(std::string("box: map its users (") + file + ")");
  }
  return Ok{};
}

// The user's change takes the effective capabilities away, though not the right to them.
bool become_maker(uid_t user) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> capabilities{};
  return ::syscall(SYS_capget, &header, capabilities.data()) == 0 &&
         ::syscall(SYS_setresuid, user, user, 0) == 0 &&
         ::syscall(SYS_capset, &header, capabilities.data()) == 0;
}

// What foreign code may have of inotify, queued signals and more, the kernel counts for the user
// who made its namespace as well. Were that root, one box could take it from all others and from
// the host's services; so the manager is the box's own user for this call. As clone3().
long clone_as(uid_t user, clone_args& args) {
  int death_signal = 0;  // The kernel forgets it with each change of the user.
  ::prctl(PR_GET_PDEATHSIG, &death_signal);
  const long pid = become_maker(user) ? ::syscall(SYS_clone3, &args, sizeof(args)) : -1;
  if (pid == 0) return 0;
  const int error = errno;
  ::syscall(SYS_setresuid, 0, 0, 0);
  // If the engine has died meanwhile, its socket says so.
  ::prctl(PR_SET_PDEATHSIG, death_signal);
  errno = error;
  return pid;
}

// The child ends the exchange by executing the mother; until then what it says is a failed step.
Status wait_for_set_up(int setup) {
  std::array<char, 512> text{};
  const auto deadline = std::chrono::steady_clock::now() + kSetUpPatience;
  const auto failure = receive_record(setup, text, deadline);
  if (failure) {
    return Error{Errc::kUnavailable, "box: " + std::string(text.data(), failure->size), {}};
  }
  if (failure.error().code == Errc::kNotFound) {
    return Error{Errc::kUnavailable, "box: its set-up hangs", {}};
  }
  return Ok{};
}

void end(const Fd& pidfd) {
  ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
  siginfo_t ignored{};
  ::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &ignored, WEXITED);
}

Status guide(pid_t pid, const BoxPlan& plan, Fd setup) {
  CHECK_OK(write_map(pid, "uid_map", plan.first_id));
  CHECK_OK(write_map(pid, "gid_map", plan.first_id));
  CHECK_OK(send_record(setup.get(), {"go"}));
  return wait_for_set_up(setup.get());
}

}  // namespace

bool enter_own_mounts() {
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0;
}

Result<BoxProcess> start_box(const BoxPlan& plan) {
  if (::setns(plan.network, CLONE_NEWNET) != 0) return os_error("box: enter its network");
  TRY(SocketPair control, make_socket_pair());
  TRY(SocketPair setup, make_socket_pair());
  int raw_pidfd = -1;
  clone_args args{};
  args.flags = kNamespaces | CLONE_PIDFD;
  args.pidfd = reinterpret_cast<std::uintptr_t>(&raw_pidfd);
  args.exit_signal = SIGCHLD;
  if (const int cgroup = plan.cgroup->init_fd(); cgroup >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<std::uint64_t>(cgroup);
  }
  const long pid = clone_as(plan.first_id, args);
  if (pid < 0) return os_error("box: clone3");
  if (pid == 0) {
    setup.ours = Fd();  // Or it would never see the manager's end.
    set_up_box(plan, setup.theirs.get(), control.theirs.get());
  }
  Fd pidfd(raw_pidfd);
  setup.theirs = Fd();
  control.theirs = Fd();
  if (Status up = guide(static_cast<pid_t>(pid), plan, std::move(setup.ours)); !up) {
    end(pidfd);
    return std::move(up).error();
  }
  return BoxProcess{std::move(pidfd), std::move(control.ours)};
}

Result<Fd> make_network() {
  if (::unshare(CLONE_NEWNET) != 0) return os_error("box: make a network namespace");
  Fd network(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!network.is_open()) return os_error("box: open a network namespace");
  return network;
}

}  // namespace engine::sandbox
