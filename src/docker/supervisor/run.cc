#include "docker/supervisor/run.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "docker/supervisor/stream.h"
#include "sandbox/init/command.h"

namespace engine::docker::supervisor {
namespace {

using wire::Cause;
using wire::Kind;

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kObservationPeriod = 200 * kMillisecond;
constexpr std::int64_t kLongestSleep = 100 * kMillisecond;
constexpr std::int64_t kShortestSleep = 1 * kMillisecond;  // Near the CPU limit.

char input_piece[wire::kMaxPiece];
char outgoing[sizeof(wire::Header) + wire::kMaxPiece];

std::int64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

int processors() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

void shut(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

// The pipe's end that is ours does not block; the program's is an ordinary one.
bool make_pipe(int& ours, int& theirs, bool we_read) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  ours = ends[we_read ? 0 : 1];
  theirs = ends[we_read ? 1 : 0];
  return fcntl(ours, F_SETFL, O_NONBLOCK) == 0;
}

}  // namespace

wire::Ended Run::go() {
  output_left_ = job_.limits.output;
  meter_.begin();
  if (start()) {
    send(Kind::kStarted, job_.id);
    while (ended_.has_status == 0 && ended_.cause == Cause::kNone)
      watch();
  }
  finish();
  return ended_;
}

bool Run::start() {
  int theirs[3];
  if (!make_pipe(input_, theirs[0], false) || !make_pipe(output_, theirs[1], true) ||
      !make_pipe(errors_, theirs[2], true)) {
    give_up("no pipes for a run");
  }
  const sandbox::init::Runner runner = {job_.user, true};
  started_ = last_look_ = now();
  next_observation_ = started_ + kObservationPeriod;
  ended_.error = sandbox::init::start_command(job_.command, theirs, runner, main_);
  for (const int end : theirs)
    close(end);  // So that the command's own ends of the pipes are the last ones.
  if (main_ < 0) give_up("no process for a run");
  if (ended_.error != 0) ended_.stage = wire::Stage::kNoExec;
  return ended_.error == 0;
}

// Waits for whatever comes first, and deals with it.
void Run::watch() {
  const bool input_waits = input_from_ < input_to_;
  const bool output_waits = outgoing_from_ < outgoing_to_;
  const auto read_from = [&](int fd) { return output_waits ? -1 : fd; };
  pollfd waits[] = {
      {kIn,                       static_cast<short>(input_waits ? 0 : POLLIN), 0},
      {input_waits ? input_ : -1, POLLOUT,                                      0},
      {read_from(output_),        POLLIN,                                       0},
      {read_from(errors_),        POLLIN,                                       0},
      {children_,                 POLLIN,                                       0},
      {output_waits ? kOut : -1,  POLLOUT,                                      0},
  };
  const std::int64_t wake = next_check();
  const std::int64_t sleep = std::max<std::int64_t>(wake - now(), 0);
  const timespec patience = {static_cast<time_t>(sleep / (1'000 * kMillisecond)),
                             static_cast<long>(sleep % (1'000 * kMillisecond))};
  const int count = ppoll(waits, std::size(waits), &patience, nullptr);
  if (count > 0) {
    if (waits[4].revents != 0) reap();
    if (input_waits && (waits[0].revents & (POLLHUP | POLLERR)) != 0) _exit(0);
    if (waits[1].revents != 0) feed_input();
    if (!input_waits && waits[0].revents != 0) take_input();
    if (waits[5].revents != 0) flush();
    if (waits[2].revents != 0) pass_on(output_, Kind::kStdout);
    if (waits[3].revents != 0) pass_on(errors_, Kind::kStderr);
  }
  if (const std::int64_t time = now(); time >= wake && ended_.has_status == 0) {
    late_ = std::max(late_, time - wake);
    check_limits();
    observe();
  }
}

// Reads on in the stream of input frames; what is no longer wanted is thrown away.
void Run::take_input() {
  if (piece_left_ == 0) {
    auto* header = reinterpret_cast<char*>(&incoming_);
    header_have_ += read_some(header + header_have_, sizeof(incoming_) - header_have_);
    if (header_have_ < sizeof(incoming_)) return;
    header_have_ = 0;
    if (incoming_.kind != Kind::kInput || incoming_.bytes > sizeof(input_piece)) {
      give_up("no piece of input");
    }
    piece_left_ = incoming_.bytes;
    if (piece_left_ == 0) shut(input_);
    return;
  }
  const std::size_t count = read_some(input_piece, piece_left_);
  piece_left_ -= count;
  input_from_ = 0;
  input_to_ = count;
  feed_input();
}

void Run::feed_input() {
  while (input_from_ < input_to_ && input_ >= 0) {
    const ssize_t count = write(input_, input_piece + input_from_, input_to_ - input_from_);
    if (count > 0) input_from_ += static_cast<std::size_t>(count);
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0 && errno != EINTR) shut(input_);  // Nobody reads it.
  }
  if (input_ < 0) input_from_ = input_to_;
}

// Up to one byte more than the limit, so that passing it is seen. False: nothing is there now.
bool Run::read_output(int& from, Kind kind) {
  const auto most = std::min<std::int64_t>(output_left_ + 1, wire::kMaxPiece);
  char* const at = outgoing + sizeof(wire::Header);
  ssize_t count = 0;
  do {
    count = read(from, at, static_cast<std::size_t>(most));
  } while (count < 0 && errno == EINTR);
  if (count == 0 || (count < 0 && errno != EAGAIN)) shut(from);
  if (count <= 0) return false;
  output_left_ -= count;
  if (output_left_ < 0 && ended_.cause == Cause::kNone) ended_.cause = Cause::kOutput;
  put(kind, at, static_cast<std::size_t>(count));
  return true;
}

void Run::pass_on(int& from, Kind kind) {
  if (outgoing_from_ < outgoing_to_ || output_left_ < 0) return;
  if (read_output(from, kind)) flush();
}

void Run::flush() {
  outgoing_from_ += write_some(outgoing + outgoing_from_, outgoing_to_ - outgoing_from_);
}

// Collects the dead: orphans come to us too.
void Run::reap() {
  signalfd_siginfo ignored;
  while (read(children_, &ignored, sizeof(ignored)) > 0) {
  }
  for (;;) {
    int status = 0;
    rusage used{};
    const pid_t pid = wait4(-1, &status, WNOHANG, &used);
    if (pid <= 0) return;
    if (pid != main_) continue;
    ended_at_ = now();
    ended_.status = status;
    ended_.has_status = 1;
    largest_ = used.ru_maxrss * 1024;
    meter_.tasks_now(1);
  }
}

void Run::check_limits() {
  last_look_ = now();
  cpu_us_ = meter_.cpu_us();
  meter_.memory_now();
  meter_.tasks_now();
  if (meter_.oom_kills() > 0) {
    ended_.cause = Cause::kMemory;
  } else if (cpu_us_ > job_.limits.cpu_us) {
    ended_.cause = Cause::kCpuTime;
  } else if (last_look_ - started_ > job_.limits.wall_us * 1'000) {
    ended_.cause = Cause::kWallTime;
  }
}

// The CPU limit is out of reach before all processors have worked for what is left of it.
std::int64_t Run::next_check() const {
  const std::int64_t at_once =
      std::max(1, std::min(processors(), static_cast<int>(job_.limits.processes)));
  const std::int64_t cpu_left = (job_.limits.cpu_us - cpu_us_) * 1'000 / at_once;
  const std::int64_t sleep = std::clamp(cpu_left, kShortestSleep, kLongestSleep);
  const std::int64_t wall_end = started_ + job_.limits.wall_us * 1'000 + 1'000;
  const std::int64_t next = std::min(last_look_ + sleep, wall_end);
  return job_.limits.observed == 0 ? next : std::min(next, next_observation_);
}

void Run::observe() {
  if (job_.limits.observed == 0 || last_look_ < next_observation_) return;
  next_observation_ = last_look_ + kObservationPeriod;
  if (outgoing_from_ < outgoing_to_) return;  // The worker is behind as it is.
  wire::Usage usage;
  usage.cpu_us = cpu_us_;
  usage.wall_us = (last_look_ - started_) / 1'000;
  usage.memory_now = meter_.memory_now();
  usage.memory_peak = meter_.memory_peak(0);
  usage.processes = meter_.tasks_now();
  put(Kind::kUsage, &usage, sizeof(usage));
  flush();
}

// Into the place for what is on its way, which must be free: whoever waits for the worker here
// holds no limit meanwhile.
void Run::put(Kind kind, const void* bytes, std::size_t size) {
  const auto header = header_of(kind, job_.id, size);
  std::memcpy(outgoing, &header, sizeof(header));
  if (bytes != outgoing + sizeof(header)) std::memcpy(outgoing + sizeof(header), bytes, size);
  outgoing_from_ = 0;
  outgoing_to_ = sizeof(header) + size;
}

// Again and again: one signal to each that is there, and a fork under way fails.
void Run::kill_all() {
  bool any = true;
  while (any) {
    any = kill(-1, SIGKILL) == 0;
    for (;;) {
      int status = 0;
      rusage used{};
      const pid_t pid = wait4(-1, &status, 0, &used);
      if (pid < 0 && errno == ECHILD) break;
      if (pid == main_) largest_ = used.ru_maxrss * 1024;
    }
  }
}

void Run::drain(int& from, Kind kind) {
  while (from >= 0 && output_left_ >= 0 && read_output(from, kind))
    write_whole(outgoing, outgoing_to_);
}

// What a daemon used belongs to the run, so it dies before the counts are read.
void Run::finish() {
  meter_.memory_now();
  meter_.tasks_now();
  if (ended_.has_status == 0) reap();  // It may have ended just before.
  if (ended_.has_status == 0) ended_at_ = now();
  kill_all();
  shut(input_);
  write_whole(outgoing + outgoing_from_, outgoing_to_ - outgoing_from_);
  drain(output_, Kind::kStdout);
  drain(errors_, Kind::kStderr);
  shut(output_);
  shut(errors_);
  if (piece_left_ > 0 || header_have_ > 0) {
    read_whole(reinterpret_cast<char*>(&incoming_) + header_have_,
               header_have_ == 0 ? 0 : sizeof(incoming_) - header_have_);
    skip(piece_left_ > 0 ? piece_left_ : incoming_.bytes);
  }
  ended_.wall_us = (ended_at_ - started_) / 1'000;
  ended_.cpu_us = meter_.cpu_us();
  ended_.knows_oom = meter_.knows_oom() ? 1 : 0;
  ended_.oom_kills = meter_.oom_kills();
  ended_.memory = meter_.memory_peak(largest_);
  ended_.processes = std::max(1, meter_.tasks_peak());
  ended_.late_us = late_ / 1'000;
}

}  // namespace engine::docker::supervisor
