#include "sandbox/init/spawner.h"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <memory>

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

constexpr std::size_t kMostBytes = sizeof(wire::RunRequest) + wire::kMaxStringBytes;

// All that it writes of its own, beginning on one page: each page that it is the first to write
// to since its birth is a fault and a copy, in every life of the box.
struct alignas(64) Room {
  int step = 0;  // What was done so far: the exit status tells the mother where it ended.
  // A request, and behind it the list of its strings.
  char message[kMostBytes + sizeof(char*) * (wire::kMaxStrings + 3)];
};
Room room;

bool parse(std::size_t size, wire::RunCommand& command) {
  void* behind = room.message + size;
  std::size_t left = sizeof(room.message) - size;
  auto** strings = static_cast<char**>(std::align(alignof(char*), 1, behind, left));
  return wire::parse_run(room.message, size, strings, command);
}

std::int64_t now(clockid_t clock) {
  timespec time{};
  syscall(SYS_clock_gettime, clock, &time);  // The kernel's page for it would have to be mapped.
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

void die_unless(bool ok) {
  ++room.step;
  if (!ok) _exit(room.step);
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
  unblock_signals();
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
    const int work = open(wire::kWork, O_PATH | O_DIRECTORY | O_CLOEXEC);
    reply.error = work < 0 ? errno : place_bundle(fds[3], work, false);
    if (work >= 0) close(work);
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
    const long size = receive_record(kRunFd, room.message, kMostBytes, fds, &fd_count);
    wire::RunCommand command;
    die_unless(size > 0 && parse(static_cast<std::size_t>(size), command) &&
               fd_count == descriptors_of(command.request));
    const RunReply reply = serve(kRunFd, command, fds);
    die_unless(close_range(kRunFd + 1, ~0u, 0) == 0);
    answer(kRunFd, reply);
  }
}

}  // namespace engine::sandbox::init
