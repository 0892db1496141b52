#include "docker/container_run.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include <poll.h>
#include <sys/wait.h>

#include "sandbox/stop_signal.h"

namespace engine::docker {
namespace {

using sandbox::End;
using sandbox::RunReport;
using std::chrono::steady_clock;
using wire::Kind;
using namespace std::chrono_literals;

// What each phase may take beside what it is for.
constexpr auto kPatience = 30s;
constexpr auto kKillPatience = 10s;

Error broken(const std::string& what) {
  return {Errc::kUnavailable, "container: " + what, {}};
}

template <typename T>
bool read(std::string_view bytes, T& value) {
  if (bytes.size() != sizeof(T)) return false;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return true;
}

std::int64_t not_negative(std::int64_t value) {
  return std::max<std::int64_t>(value, 0);
}

// One MiB a second is less than any engine manages.
std::chrono::seconds time_for(Bytes bytes) {
  return kPatience + std::chrono::seconds(bytes.count / (1_MiB).count);
}

Bytes size_of(const sandbox::FileSet* files) {
  Bytes sum;
  if (files == nullptr) return sum;
  for (const sandbox::File& file : files->files())
    sum = sum + Bytes{static_cast<std::int64_t>(file.content.size())};
  return sum;
}

}  // namespace

ContainerRun::ContainerRun(const sandbox::RunSpec& spec, const EngineClient& engine,
                           Container& container)
    : spec_(spec),
      engine_(engine),
      container_(container),
      output_(spec.limits.output, spec.observer),
      taken_(spec.take_limit) {}

Result<RunReport> ContainerRun::run() {
  const sandbox::StopSignal stop(spec_.stop);
  started_ = steady_clock::now();
  enter(Phase::kSending, time_for(size_of(spec_.files.get())));
  Status going = container_.link.start(spec_);
  while (going && phase_ != Phase::kOver && !stopped_ && !overdue_)
    going = watch(stop.fd());
  if (phase_ == Phase::kOver && ended_->stage == wire::Stage::kNoFiles) {
    return Error{Errc::kInvalid,
                 "the run's files do not fit into its work directory: " +
                     std::generic_category().message(ended_->error),
                 {}};
  }
  if (phase_ == Phase::kOver) return report();
  container_.lost = true;
  if (stopped_) return report_cut(End::kStopped);
  if (!going) return explain_loss(std::move(going).error());
  // The supervisor should have ended the run long ago: whatever held it up, not the program alone.
  if (phase_ == Phase::kRunning) return report_cut(End::kWallTime);
  return broken("its supervisor does not answer");
}

void ContainerRun::enter(Phase phase, std::chrono::seconds patience) {
  phase_ = phase;
  deadline_ = steady_clock::now() + patience;
}

Status ContainerRun::watch(int stop_fd) {
  SupervisorLink& link = container_.link;
  const short both = static_cast<short>(POLLIN | (link.has_more_to_send() ? POLLOUT : 0));
  std::array<pollfd, 2> waits = {
      {{link.fd(), both, 0}, {stop_fd, POLLIN, 0}}
  };
  const auto left = std::chrono::ceil<Milliseconds>(deadline_ - steady_clock::now());
  const auto patience = std::clamp<std::int64_t>(left.count(), 0, 60'000);
  const int count = ::poll(waits.data(), waits.size(), static_cast<int>(patience));
  if (count < 0) return Ok{};
  if (waits[1].revents != 0) stopped_ = true;
  if ((waits[0].revents & POLLOUT) != 0) {
    // Where nobody reads any more, what was sent last is still to be heard.
    if (!link.send_some()) link.stop_sending();
  }
  if ((waits[0].revents & ~POLLOUT) != 0) {
    CHECK_OK(link.receive_some());
    CHECK_OK(take_frames());
  }
  overdue_ = steady_clock::now() >= deadline_;
  return Ok{};
}

Status ContainerRun::take_frames() {
  while (phase_ != Phase::kOver) {
    TRY(const auto frame, container_.link.next());
    if (!frame) return Ok{};
    CHECK_OK(take(*frame));
  }
  return Ok{};
}

// Each kind has its phase: a word out of place is a broken supervisor.
Status ContainerRun::take(const SupervisorLink::Frame& frame) {
  const auto in = [&](Phase phase) { return phase_ == phase; };
  switch (frame.kind) {
    case Kind::kStarted:
      if (!in(Phase::kSending)) break;
      started_ = steady_clock::now();
      enter(Phase::kRunning,
            std::chrono::ceil<std::chrono::seconds>(spec_.limits.wall_time) + kKillPatience);
      return Ok{};
    case Kind::kStdout:
    case Kind::kStderr:
      if (!in(Phase::kRunning)) break;
      output_.keep(
          frame.kind == Kind::kStdout ? sandbox::Stream::kStdout : sandbox::Stream::kStderr,
          frame.bytes);
      return Ok{};
    case Kind::kUsage:
      if (!in(Phase::kRunning)) break;
      tell(frame);
      return Ok{};
    case Kind::kEnded:
      if (!in(Phase::kSending) && !in(Phase::kRunning)) break;
      return take_ended(frame);
    case Kind::kTaken:
      if (!in(Phase::kTaking)) break;
      return take_file(frame);
    case Kind::kDone: {
      std::int32_t error = 0;
      if (!in(Phase::kTaking) || !read(frame.bytes, error)) break;
      files_ = std::move(taken_).finish(error);
      phase_ = Phase::kOver;
      return Ok{};
    }
    default: break;
  }
  return broken("its supervisor said a word out of place");
}

void ContainerRun::tell(const SupervisorLink::Frame& frame) {
  wire::Usage usage;
  if (!read(frame.bytes, usage) || spec_.observer == nullptr) return;
  usage_.cpu_time = Microseconds{not_negative(usage.cpu_us)};
  usage_.wall_time = Microseconds{not_negative(usage.wall_us)};
  usage_.memory_now = Bytes{not_negative(usage.memory_now)};
  usage_.memory_peak = Bytes{not_negative(usage.memory_peak)};
  usage_.processes = static_cast<int>(std::clamp<std::int64_t>(usage.processes, 0, 1'000'000));
  spec_.observer->on_usage(usage_);
}

Status ContainerRun::take_ended(const SupervisorLink::Frame& frame) {
  container_.link.stop_sending();
  wire::Ended ended;
  if (!read(frame.bytes, ended)) return broken("its supervisor's report is no report");
  ended_ = ended;
  enter(Phase::kTaking, time_for(spec_.take.empty() ? Bytes{} : spec_.take_limit));
  return Ok{};
}

Status ContainerRun::take_file(const SupervisorLink::Frame& frame) {
  wire::TakenHead head;
  if (frame.bytes.size() < sizeof(head)) return broken("a file without a name");
  std::memcpy(&head, frame.bytes.data(), sizeof(head));
  const std::string_view rest = std::string_view(frame.bytes).substr(sizeof(head));
  const std::string_view name = rest.substr(0, head.name_bytes);
  // Names go into paths and links.
  if (name.size() != head.name_bytes || !sandbox::wire::is_plain_name(name.data(), name.size())) {
    return broken("its supervisor named a file as none can be named");
  }
  const auto most = static_cast<std::size_t>(spec_.take_count) + spec_.take.size() + 1;
  if (++taken_count_ > most) return broken("more files than were asked for");
  if (head.error != 0) {
    taken_.add_problem(std::string(name), head.error);
  } else {
    taken_.add(std::string(name), std::string(rest.substr(name.size())), head.mode);
  }
  return Ok{};
}

// A container that dies for want of memory has taken its supervisor along.
Result<RunReport> ContainerRun::explain_loss(Error error) {
  static_cast<void>(engine_.await_end(container_.id));
  if (phase_ != Phase::kRunning || !ran_out_of_memory()) return error;
  RunReport report = report_cut(End::kMemory);
  report.memory = spec_.limits.memory;
  return report;
}

bool ContainerRun::ran_out_of_memory() {
  const auto state = engine_.state(container_.id);
  return state && state->out_of_memory;
}

// Of a run whose end the supervisor has not told.
RunReport ContainerRun::report_cut(End end) {
  RunReport report;
  report.end = end;
  report.signal = SIGKILL;
  report.cpu_time = usage_.cpu_time;
  report.wall_time = std::chrono::duration_cast<Microseconds>(steady_clock::now() - started_);
  report.memory = std::min(usage_.memory_peak, spec_.limits.memory);
  report.processes = std::clamp(usage_.processes, 1, spec_.limits.processes);
  report.host_stalled = end == End::kWallTime;
  output_.move_into(report);
  return report;
}

RunReport ContainerRun::report() {
  RunReport report;
  const wire::Ended& ended = *ended_;
  report.cpu_time = Microseconds{not_negative(ended.cpu_us)};
  report.wall_time = Microseconds{not_negative(ended.wall_us)};
  report.memory = std::min(Bytes{not_negative(ended.memory)}, spec_.limits.memory);
  // The kernel counts one that it is about to refuse.
  const std::int64_t processes = ended.processes;
  report.processes =
      static_cast<int>(std::clamp<std::int64_t>(processes, 1, spec_.limits.processes));
  if (ended.stage == wire::Stage::kNoExec) {
    report.start_errno = ended.error;
  } else if (ended.has_status != 0 && WIFEXITED(ended.status)) {
    report.exit_code = WEXITSTATUS(ended.status);
  } else if (ended.has_status != 0) {
    report.signal = WTERMSIG(ended.status);
  }
  output_.move_into(report);
  report.end = decide_end(report);
  if (report.end != End::kExited && report.end != End::kCannotStart &&
      report.end != End::kSignaled) {
    report.signal = SIGKILL;
    report.exit_code = 0;
  }
  if (report.end == End::kMemory) report.memory = spec_.limits.memory;
  report.host_stalled = report.end == End::kWallTime &&
                        ended.late_us * 4 > spec_.limits.wall_time.count() &&
                        report.cpu_time * 2 <= spec_.limits.wall_time;
  report.taken = std::move(files_);
  return report;
}

// As in a native box: the kernel's counters first, then what the supervisor ended it for, then what
// the program did itself.
End ContainerRun::decide_end(const RunReport& report) {
  const wire::Ended& ended = *ended_;
  if (ended.stage == wire::Stage::kNoExec) return End::kCannotStart;
  if (ended.oom_kills > 0) return End::kMemory;
  if (ended.knows_oom == 0 && report.signal == SIGKILL) {
    container_.lost = true;  // The engine remembers, so it could not tell the next run's from this.
    if (ran_out_of_memory()) return End::kMemory;
  }
  if (report.truncated) return End::kOutput;
  if (report.cpu_time > spec_.limits.cpu_time) return End::kCpuTime;
  if (report.wall_time > spec_.limits.wall_time) return End::kWallTime;
  if (ended.has_status == 0) {
    switch (ended.cause) {
      case wire::Cause::kCpuTime: return End::kCpuTime;
      case wire::Cause::kMemory: return End::kMemory;
      case wire::Cause::kOutput: return End::kOutput;
      default: return End::kWallTime;
    }
  }
  return report.signal != 0 ? End::kSignaled : End::kExited;
}

}  // namespace engine::docker
