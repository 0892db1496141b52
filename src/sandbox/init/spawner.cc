#include "sandbox/init/spawner.h"

#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/init/bundle.h"
#include "sandbox/init/command.h"
#include "sandbox/init/life_call.h"
#include "sandbox/init/message.h"
#include "sandbox/init/protocol.h"
#include "sandbox/init/thaw.h"

namespace engine::sandbox::init {
namespace {

using wire::Event;
using wire::RunReply;

// Placing files longer than this is told to the worker, whose limits then count from there.
constexpr std::int64_t kLongPlacing = 2'000'000;  // ns

// Where the one descriptor is, above the standard ones, which stay /dev/null.
constexpr int kRunFd = 3;

char message[sizeof(wire::RunRequest) + wire::kMaxStringBytes];
char* strings[wire::kMaxStrings + 2];

std::int64_t now(clockid_t clock) {
  timespec time{};
  syscall(SYS_clock_gettime, clock, &time);  // The kernel's page for it would have to be mapped.
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

int step = 0;  // What was done so far: the exit status tells the mother where it ended.

void die_unless(bool ok) {
  ++step;
  if (!ok) _exit(step);
}

void keep_only_user_changes() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  data[0].effective = data[0].permitted = (1u << CAP_SETUID) | (1u << CAP_SETGID);
  die_unless(syscall(SYS_capset, &header, data) == 0);
}

// The rest it has from its mother: the system call filter, and to be the first to go when the host
// is out of memory.
void confine() {
  die_unless(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  umask(0);
  die_unless(life_call(SYS_unshare, CLONE_NEWCGROUP) == 0);
  forget_life_key();
  keep_only_user_changes();
}

// The control socket goes with the last word over it.
void announce(int run_socket, const Announcement& announcement) {
  die_unless(send_record(wire::kControlFd, &announcement.reply, sizeof(announcement.reply), nullptr,
                         0, announcement.fds, announcement.fd_count));
  die_unless(dup2(run_socket, kRunFd) == kRunFd);
  die_unless(close_range(kRunFd + 1, ~0u, 0) == 0);
}

void answer(int socket, const RunReply& reply) {
  die_unless(send_record(socket, &reply, sizeof(reply), nullptr, 0, nullptr, 0));
}

// How many descriptors come with a request.
int descriptors_of(const wire::RunRequest& request) {
  return 3 + (request.has_bundle != 0 ? 1 : 0) + (request.has_frozen != 0 ? 1 : 0);
}

// Starts from what is frozen, if anything is and it can be; else from the command's own file.
int run(int socket, const wire::RunCommand& command, const int* fds, siginfo_t& info) {
  if (command.request.has_frozen != 0) {
    const int frozen = fds[descriptors_of(command.request) - 1];
    if (thaw_command(command, fds, frozen, info)) return 0;
    RunReply reply;
    reply.event = Event::kNotThawed;
    answer(socket, reply);
  }
  return run_command(command, fds, info);
}

// Everything between the request and the answer. `fds`: as RunRequest says.
RunReply serve(int socket, const wire::RunCommand& command, const int* fds) {
  RunReply reply;
  const std::int64_t cpu = now(CLOCK_PROCESS_CPUTIME_ID);
  reply.started_ns = now(CLOCK_MONOTONIC);
  if (command.request.has_bundle != 0) {
    const std::int64_t received = reply.started_ns;
    reply.error = place_bundle(fds[3]);
    if (reply.error != 0) {
      reply.event = Event::kNoFiles;
      return reply;
    }
    reply.started_ns = now(CLOCK_MONOTONIC);
    if (reply.started_ns - received > kLongPlacing) {
      reply.event = Event::kStarted;
      reply.own_cpu_ns = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
      answer(socket, reply);
      reply.started_ns = now(CLOCK_MONOTONIC);
    }
  }
  siginfo_t info{};
  reply.error = run(socket, command, fds, info);
  reply.ended_ns = now(CLOCK_MONOTONIC);
  reply.own_cpu_ns = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  reply.event = reply.error == 0 ? Event::kEnded : Event::kNoExec;
  reply.code = info.si_code;
  reply.status = info.si_status;
  return reply;
}

}  // namespace

void spawner_main(int run_socket, const Announcement& announcement) {
  confine();
  announce(run_socket, announcement);
  int fds[kMaxFds];
  int fd_count = 0;
  for (;;) {
    const long size = receive_record(kRunFd, message, sizeof(message), fds, &fd_count);
    wire::RunCommand command;
    die_unless(size > 0 &&
               wire::parse_run(message, static_cast<std::size_t>(size), strings, command) &&
               fd_count == descriptors_of(command.request));
    const RunReply reply = serve(kRunFd, command, fds);
    die_unless(close_range(kRunFd + 1, ~0u, 0) == 0);
    answer(kRunFd, reply);
  }
}

}  // namespace engine::sandbox::init
