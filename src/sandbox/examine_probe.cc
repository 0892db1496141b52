#include "sandbox/examine_probe.h"

#include <cerrno>
#include <csignal>
#include <cstdint>

#include <fcntl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "sandbox/box_process.h"
#include "sandbox/identity.h"
#include "sandbox/instance.h"
#include "sandbox/seccomp/filters.h"

namespace engine::sandbox {
namespace {

// Tells the examiner through the pipe, and ends.
class Teller {
 public:
  explicit Teller(int pipe) : pipe_(pipe) {}

  void require(bool ok, ProbeStep step) const {
    if (!ok) tell({step, errno});
  }
  [[noreturn]] void tell(const ProbeResult& result) const {
    ::_exit(::write(pipe_, &result, sizeof result) == sizeof result ? 0 : 1);
  }

 private:
  int pipe_;
};

bool write_text(const std::string& path, const std::string& text) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file.is_open() && ::write(file.get(), text.data(), text.size()) > 0;
}

bool install_filter() {
  const SeccompFilter filter = default_filter();
  sock_fprog program{filter.count, const_cast<sock_filter*>(filter.rules)};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

// In the new namespaces, once `go` says that the user map is there.
[[noreturn]] void be_the_box(int go, const Teller& teller) {
  char word;
  if (::read(go, &word, 1) != 1) ::_exit(1);  // The outer half has told why.
  teller.require(become(0), ProbeStep::kUserMap);
  teller.require(::unshare(CLONE_NEWCGROUP) == 0, ProbeStep::kCgroupNamespace);
  teller.require(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                     ::mount("probe", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV,
                             "size=64k,nr_inodes=16,mode=755") == 0 &&
                     ::mkdir("/tmp/proc", 0755) == 0,
                 ProbeStep::kMount);
  teller.require(::mount("proc", "/tmp/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                         "hidepid=2,subset=pid") == 0,
                 ProbeStep::kProc);
  teller.require(install_filter(), ProbeStep::kSeccomp);
  teller.tell({});
}

[[noreturn]] void be_the_manager(const Teller& teller) {
  teller.require(::unshare(CLONE_NEWNET) == 0, ProbeStep::kNetwork);
  teller.require(enter_own_mounts(), ProbeStep::kOwnMounts);
  int go[2];
  teller.require(::pipe2(go, O_CLOEXEC) == 0, ProbeStep::kUserNamespace);
  int pidfd = -1;
  clone_args args{};
  args.flags =
      CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_PIDFD;
  args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  args.exit_signal = SIGCHLD;
  const long pid = ::syscall(SYS_clone3, &args, sizeof args);
  teller.require(pid >= 0, ProbeStep::kUserNamespace);
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(go[1]);
    be_the_box(go[0], teller);
  }
  const std::string proc = "/proc/" + std::to_string(pid);
  const std::string map =
      "0 " + std::to_string(first_box_id(0, 0)) + " " + std::to_string(kIdsPerBox);
  // The child reads the end of the pipe, and ends, if this process does.
  teller.require(write_text(proc + "/uid_map", map) && write_text(proc + "/gid_map", map) &&
                     ::write(go[1], "g", 1) == 1,
                 ProbeStep::kUserMap);
  siginfo_t ignored{};
  ::waitid(P_PIDFD, static_cast<id_t>(pidfd), &ignored, WEXITED);
  ::_exit(0);
}

}  // namespace

ProbeResult probe_namespaces() {
  ProbeResult result{ProbeStep::kNetwork, EAGAIN};  // What it is if no process can be had.
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {ProbeStep::kNetwork, errno};
  const Fd ours(ends[0]);
  Fd theirs(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return {ProbeStep::kNetwork, errno};
  if (pid == 0) be_the_manager(Teller(ends[1]));
  theirs = Fd();
  if (::read(ours.get(), &result, sizeof result) != sizeof result) {
    result = {ProbeStep::kUserNamespace, ECHILD};
  }
  ::waitpid(pid, nullptr, 0);
  return result;
}

}  // namespace engine::sandbox
