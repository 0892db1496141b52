#include "sandbox/init/init.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/init/ipc.h"
#include "sandbox/init/leaf.h"
#include "sandbox/init/message.h"
#include "sandbox/init/own_proc.h"
#include "sandbox/init/scratch.h"
#include "sandbox/init/spawner.h"
#include "sandbox/init/take.h"

namespace engine::sandbox::init {
namespace {

using wire::Answer;
using wire::ControlReply;
using wire::ControlRequest;
using wire::kControlFd;
using wire::Order;

class Init final : public Taker {
 public:
  Init(CgroupMode mode, bool strict, int run_socket)
      : mode_(mode), strict_(strict), run_socket_(run_socket) {}

  [[noreturn]] void run(const wire::BirthRequest& birth) {
    generation_ = birth.generation;
    prepare();
    leaf_.number = birth.leaf;
    mount_files(birth.size);
    begin(mode_ == CgroupMode::kHybrid && birth.leaf_serves_again != 0);
    for (;;) {
      pollfd waits[2] = {
          {kControlFd, POLLIN, 0},
          {children_,  POLLIN, 0}
      };
      if (poll(waits, 2, -1) < 0 && errno != EINTR) fail("wait");
      if (waits[1].revents != 0) reap();
      if (waits[0].revents != 0) serve();
    }
  }

  bool file(const char* name, std::size_t length, int fd, unsigned mode) override {
    ControlReply reply = make(Answer::kFile);
    reply.mode = mode;
    reply.text_bytes = static_cast<std::uint32_t>(length);
    return send_record(kControlFd, &reply, sizeof(reply), name, length, &fd, 1);
  }

  bool problem(const char* name, std::size_t length, int error) override {
    ControlReply reply = make(Answer::kProblem);
    reply.error = error;
    reply.text_bytes = static_cast<std::uint32_t>(length);
    return send_record(kControlFd, &reply, sizeof(reply), name, length, nullptr, 0);
  }

 private:
  ControlReply make(Answer answer) const {
    ControlReply reply;
    reply.answer = answer;
    reply.generation = generation_;
    return reply;
  }

  void tell(const ControlReply& reply) const {
    if (!send_record(kControlFd, &reply, sizeof(reply), nullptr, 0, nullptr, 0)) _exit(0);
  }

  [[noreturn]] void fail(const char* what, int error = errno) const {
    ControlReply reply = make(Answer::kFailed);
    reply.error = error;
    reply.text_bytes = static_cast<std::uint32_t>(std::strlen(what));
    send_record(kControlFd, &reply, sizeof(reply), what, std::strlen(what), nullptr, 0);
    _exit(1);
  }

  // A spawner that ends by itself could not take some step; which, its status tells.
  [[noreturn]] void fail_for_lost(const siginfo_t& spawner) const {
    char what[64];
    std::snprintf(what, sizeof(what), "keep a spawner, which stopped at step %d",
                  spawner.si_status);
    fail(what, ECHILD);
  }

  void prepare() {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "init");
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, nullptr);
    children_ = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (children_ < 0) fail("signalfd");
    if (const int error = show_own_processes(); error != 0) fail("mount /proc", error);
  }

  void serve() {
    static char bytes[sizeof(ControlRequest) + wire::kMaxStringBytes];
    int fds[kMaxFds];
    int fd_count = 0;
    const long size = receive_record(kControlFd, bytes, sizeof(bytes) - 1, fds, &fd_count);
    if (size == 0) _exit(0);
    ControlRequest request;
    if (size < static_cast<long>(sizeof(request))) fail("read an order", EBADMSG);
    std::memcpy(&request, bytes, sizeof(request));
    bytes[size] = '\0';
    switch (request.order) {
      case Order::kConfigure: return configure(request);
      case Order::kKill: return kill_all();
      case Order::kTake: return take(request, bytes + sizeof(request), bytes + size);
      case Order::kReset: return reset(request);
    }
    fail("understand an order", EBADMSG);
  }

  void configure(const ControlRequest& request) const {
    ControlReply reply = make(Answer::kConfigured);
    reply.error = resize_scratch(request.size);
    tell(reply);
  }

  void kill_all() {
    // One signal to each that is there now; a fork under way fails, as its signal is pending.
    kill(-1, SIGKILL);
    reap();
  }

  // Collects the dead. When nobody is left, the worker is told, once for each spawner.
  void reap() {
    signalfd_siginfo ignored;
    while (read(children_, &ignored, sizeof(ignored)) > 0) {
    }
    for (;;) {
      siginfo_t info{};
      if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG) != 0) break;
      if (info.si_pid == 0) return;
      if (info.si_pid == spawner_ && info.si_code == CLD_EXITED) fail_for_lost(info);
    }
    if (dead_told_) return;
    dead_told_ = true;
    tell(make(Answer::kDead));
  }

  void take(const ControlRequest& request, const char* names, const char* end) {
    ControlReply reply = make(Answer::kTakeEnd);
    if (request.names == 0) reply.error = take_all(request.max_files, *this);
    for (std::uint32_t i = 0; i < request.names && names < end; ++i) {
      const std::size_t length = std::strlen(names);
      if (!take_named(names, length, *this)) _exit(0);
      names += length + 1;
    }
    tell(reply);
  }

  void reset(const ControlRequest& request) {
    // On pure v2 the peak of a run's memory is its leaf's for ever, so there it needs a new one.
    const bool alive = mode_ != CgroupMode::kV2 && !dead_told_;
    if (request.spawner_is_left != 0 && alive && !ipc_is_used()) {
      wipe_files(request.size);
      return tell(make(Answer::kReady));
    }
    // Nor does a leaf serve after its cgroup.kill, which is what ends a spawner before its time.
    const bool leaf_serves_again = mode_ == CgroupMode::kHybrid && !dead_told_;
    kill(-1, SIGKILL);
    while (waitid(P_ALL, 0, nullptr, WEXITED) == 0 || errno == EINTR) {
    }
    dead_told_ = true;
    if (ipc_is_used()) renew_ipc();
    wipe_files(request.size);
    begin(leaf_serves_again);
  }

  // The mother holds the namespace of the life's first runs until that life is over, so what is in
  // it is removed, and not left to the namespace's own end.
  void renew_ipc() const {
    empty_ipc();
    if (unshare(CLONE_NEWIPC) != 0) fail("make an IPC namespace");
  }

  // Where nothing is alive, and the files are as new.
  void begin(bool leaf_serves_again) {
    ++generation_;
    int error = 0;
    if (!leaf_serves_again) {
      remove_leaf(leaf_);
      error = make_leaf(mode_, generation_, leaf_);
    } else if (leaf_.directory < 0) {
      error = open_leaf(leaf_.number, leaf_);
    }
    if (error != 0) fail("make the run's cgroup", error);
    start_spawner();
  }

  void mount_files(const wire::ScratchSize& size) const {
    const int error = mount_scratch(size);
    if (error != 0) fail("mount the writable file system", error);
  }

  void wipe_files(const wire::ScratchSize& size) const {
    if (empty_scratch(size)) return;
    unmount_scratch();
    mount_files(size);
  }

  // Who tells the worker is the spawner itself, once it is confined.
  void start_spawner() {
    int sockets[2] = {-1, run_socket_};
    run_socket_ = -1;
    if (sockets[1] < 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) {
      fail("socketpair");
    }
    spawner_ = fork_into_leaf();
    if (spawner_ == 0) {
      spawner_main(sockets[1], make_announcement(sockets[0]), strict_);
    }
    if (sockets[0] >= 0) close(sockets[0]);
    close(sockets[1]);
    close_files(leaf_);
    dead_told_ = false;
  }

  // `run_socket`: the worker's end, unless the worker has made it.
  Announcement make_announcement(int run_socket) const {
    Announcement announcement;
    announcement.reply = make(Answer::kReady);
    announcement.reply.files = leaf_.opened;
    announcement.reply.leaf = leaf_.number;
    if (run_socket >= 0) {
      announcement.reply.has_socket = 1;
      announcement.fds[announcement.fd_count++] = run_socket;
    }
    for (int i = 0; i < static_cast<int>(CgroupFile::kCount); ++i) {
      if ((leaf_.opened & (1u << i)) == 0) continue;
      announcement.fds[announcement.fd_count++] = leaf_.files[i];
    }
    return announcement;
  }

  long fork_into_leaf() const {
    clone_args args{};
    args.exit_signal = SIGCHLD;
    if (leaf_.directory >= 0) {
      args.flags = CLONE_INTO_CGROUP;
      args.cgroup = static_cast<std::uint64_t>(leaf_.directory);
    }
    const long pid = syscall(SYS_clone3, &args, sizeof(args));
    if (pid < 0) fail("fork the spawner");
    return pid;
  }

  CgroupMode mode_;
  bool strict_;
  int run_socket_;  // Of the first spawner; -1 once that has it.
  int children_ = -1;
  long spawner_ = 0;
  unsigned generation_ = 0;
  bool dead_told_ = true;
  Leaf leaf_{};
};

}  // namespace

void init_main(CgroupMode mode, bool strict, const wire::BirthRequest& birth, int run_socket) {
  // Not static: the stack is in memory already, and nothing else need be.
  Init init(mode, strict, run_socket);
  init.run(birth);
}

}  // namespace engine::sandbox::init
