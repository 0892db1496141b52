#include "sandbox/init/life.h"

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/init/bundle.h"
#include "sandbox/init/ipc.h"
#include "sandbox/init/leaf.h"
#include "sandbox/init/life_call.h"
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
using wire::Order;

bool send_reply(const ControlReply& reply, const char* text, std::size_t length, int fd = -1) {
  return send_record(wire::kControlFd, &reply, sizeof(reply), text, length, &fd, fd < 0 ? 0 : 1);
}

// Tells the worker of files, one by one.
class Sender final : public Taker {
 public:
  explicit Sender(const ControlReply& form) : form_(form) {}

  bool file(const char* name, std::size_t length, int fd, unsigned mode) override {
    ControlReply reply = about(Answer::kFile, length);
    reply.mode = mode;
    return send_reply(reply, name, length, fd);
  }

  bool problem(const char* name, std::size_t length, int error) override {
    ControlReply reply = about(Answer::kProblem, length);
    reply.error = error;
    return send_reply(reply, name, length);
  }

 private:
  ControlReply about(Answer answer, std::size_t length) const {
    ControlReply reply = form_;
    reply.answer = answer;
    reply.text_bytes = static_cast<std::uint32_t>(length);
    return reply;
  }

  ControlReply form_;
};

// The dead of a process namespace are its first process last.
siginfo_t await_end(long pid) {
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED) != 0 && errno == EINTR) {
  }
  return info;
}

}  // namespace

void Life::serve() {
  static char bytes[sizeof(ControlRequest) + wire::kMaxStringBytes];
  int fds[kMaxFds];
  int fd_count = 0;
  const long size = receive_record(wire::kControlFd, bytes, sizeof(bytes) - 1, fds, &fd_count);
  if (size == 0) _exit(0);
  ControlRequest request;
  if (size < static_cast<long>(sizeof(request))) fail("read an order", EBADMSG);
  std::memcpy(&request, bytes, sizeof(request));
  bytes[size] = '\0';
  if (run_socket_ < 0 && fd_count == 1 && request.order == Order::kBegin) run_socket_ = fds[0];
  switch (request.order) {
    case Order::kBegin: return begin(request);
    case Order::kReset: return reset(request);
    case Order::kConfigure: return configure(request);
    case Order::kKill: return kill_all();
    case Order::kTake: return take(request, bytes + sizeof(request), bytes + size);
    case Order::kOffer: return offer(bytes + sizeof(request));
    case Order::kReplace: return fd_count == 1 ? replace(fds[0]) : fail("replace files", EBADMSG);
  }
  fail("understand an order", EBADMSG);
}

// When nobody is left, the worker is told, once for each spawner.
void Life::reap() {
  siginfo_t info{};
  if (spawner_ <= 0) return;
  if (waitid(P_PID, static_cast<id_t>(spawner_), &info, WEXITED | WNOHANG) != 0) return;
  if (info.si_pid == 0) return;
  spawner_ = 0;
  if (info.si_code == CLD_EXITED) fail_for_lost(info);
  tell(make(Answer::kDead));
}

ControlReply Life::make(Answer answer) const {
  ControlReply reply;
  reply.answer = answer;
  reply.generation = generation_;
  return reply;
}

void Life::tell(const ControlReply& reply) const {
  if (!send_reply(reply, nullptr, 0)) _exit(0);
}

void Life::fail(const char* what) const {
  fail(what, errno);
}

void Life::fail(const char* what, int error) const {
  ControlReply reply = make(Answer::kFailed);
  const std::size_t length = std::strlen(what);
  reply.error = error;
  reply.text_bytes = static_cast<std::uint32_t>(length);
  static_cast<void>(send_reply(reply, what, length));
  _exit(1);
}

// A spawner that ends by itself could not take some step; which, its status tells.
void Life::fail_for_lost(const siginfo_t& spawner) const {
  char what[64];
  std::snprintf(what, sizeof(what), "keep a spawner, which stopped at step %d", spawner.si_status);
  fail(what, ECHILD);
}

void Life::kill_all() const {
  if (spawner_ > 0) kill(static_cast<pid_t>(spawner_), SIGKILL);
}

void Life::configure(const ControlRequest& request) {
  ControlReply reply = make(Answer::kConfigured);
  reply.error = scratch_.resize(request.size);
  tell(reply);
}

// Names and directories are foreign code's, and who reads them is nobody that a later life meets.
template <typename Work>
void Life::in_a_child(const char* what, Work work) const {
  clone_args args{};
  args.exit_signal = SIGCHLD;
  const long pid = life_call(SYS_clone3, &args, sizeof(args));
  if (pid < 0) fail(what);
  if (pid > 0) {
    if (const siginfo_t info = await_end(pid); info.si_code != CLD_EXITED) fail(what, EIO);
    return;
  }
  forget_life_key();
  work(scratch_.open_work());
  _exit(0);
}

void Life::take(const ControlRequest& request, const char* names, const char* end) const {
  in_a_child("take files", [&](int work) {
    Sender sender(make(Answer::kFile));
    ControlReply reply = make(Answer::kTakeEnd);
    if (request.names == 0) reply.error = take_all(work, request.max_files, sender);
    for (std::uint32_t i = 0; i < request.names && names < end; ++i) {
      const std::size_t length = std::strlen(names);
      if (!take_named(work, names, length, sender)) return;
      names += length + 1;
    }
    tell(reply);
  });
}

// Whoever opens the one end waits for the other: so both have it open, or the box is given up.
void Life::offer(const char* name) const {
  in_a_child("offer a file", [&](int work) {
    ControlReply reply = make(Answer::kOffered);
    reply.error = mkfifoat(work, name, 0444) == 0 ? 0 : errno;
    tell(reply);
    if (reply.error != 0) return;
    reply.answer = Answer::kOpened;
    const int end = openat(work, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    reply.error = end < 0 ? errno : 0;
    static_cast<void>(send_reply(reply, nullptr, 0, end));
  });
}

void Life::replace(int bundle) const {
  in_a_child("replace files", [&](int work) {
    ControlReply reply = make(Answer::kReplaced);
    reply.error = place_bundle(bundle, work, true);
    tell(reply);
  });
  close(bundle);
}

void Life::reset(const ControlRequest& request) {
  // On pure v2 the peak of a run's memory is its leaf's for ever, so there it needs a new one.
  const bool spawner_serves_again =
      request.spawner_is_left != 0 && mode_ != CgroupMode::kV2 && spawner_ > 0;
  if (spawner_serves_again && !ipc_is_used() && scratch_.empty(request.size)) {
    return tell(make(Answer::kReady));
  }
  begin(request);
}

void Life::begin(const ControlRequest& request) {
  if (run_socket_ < 0) fail("begin a life without a run socket", EBADMSG);
  const bool leaf_serves_again =
      mode_ == CgroupMode::kHybrid && request.leaf_was_killed == 0 && spawner_ > 0;
  end();
  renew_ipc();
  ++generation_;
  if (!leaf_serves_again) renew_leaf();
  if (const int error = scratch_.make(request.size); error != 0) {
    fail("make the writable file system", error);
  }
  forget_requests();
  if (!oom_score_.volunteer()) fail("be the first to go when memory is out");
  spawner_ = clone_into_leaf();
  if (spawner_ == 0) live(make_announcement());
  oom_score_.restore();
  close_files(leaf_);
}

// Nothing of it is there afterwards but its leaf.
void Life::end() {
  kill_all();
  if (spawner_ > 0) await_end(spawner_);
  spawner_ = 0;
  scratch_.drop();
}

// An IPC namespace in which nothing was made serves again: it is half the price of a life.
void Life::renew_ipc() {
  if (ipc_is_used()) {
    empty_ipc();
  } else if (!ipc_was_used(ipc_)) {
    return;
  }
  if (life_call(SYS_unshare, CLONE_NEWIPC) != 0) fail("make an IPC namespace");
  ipc_was_used(ipc_);  // Begins the count.
}

void Life::renew_leaf() {
  remove_leaf(leaf_);
  if (const int error = make_leaf(mode_, generation_, leaf_); error != 0) {
    fail("make the run's cgroup", error);
  }
}

// What was meant for an earlier spawner that did not live to read it. Not by trying, which would
// set errno, and with it have a page copied for every life.
void Life::forget_requests() const {
  char byte = 0;
  pollfd request = {run_socket_, POLLIN, 0};
  while (poll(&request, 1, 0) > 0 && recv(run_socket_, &byte, sizeof(byte), MSG_DONTWAIT) > 0) {
  }
}

long Life::clone_into_leaf() const {
  clone_args args{};
  args.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS;
  args.exit_signal = SIGCHLD;
  if (leaf_.directory >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<std::uint64_t>(leaf_.directory);
  }
  const long pid = life_call(SYS_clone3, &args, sizeof(args));
  if (pid < 0) fail("make its namespaces");
  return pid;
}

// PID 1. Who tells the worker that it is there is the spawner, once it is confined.
void Life::live(const Announcement& announcement) const {
  prctl(PR_SET_NAME, "spawner");
  if (const int error = show_own_processes(); error != 0) fail("mount /proc", error);
  if (const int error = scratch_.show(); error != 0) fail("mount the writable file system", error);
  spawner_main(run_socket_, announcement);
}

Announcement Life::make_announcement() const {
  Announcement announcement;
  announcement.reply = make(Answer::kReady);
  announcement.reply.files = leaf_.opened;
  for (int i = 0; i < static_cast<int>(CgroupFile::kCount); ++i) {
    if ((leaf_.opened & (1u << i)) == 0) continue;
    announcement.fds[announcement.fd_count++] = leaf_.files[i];
  }
  return announcement;
}

}  // namespace engine::sandbox::init
