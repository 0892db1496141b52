#include "sandbox/run_monitor.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/processors.h"
#include "sandbox/cgroup.h"
#include "sandbox/conversation.h"
#include "sandbox/frozen.h"
#include "sandbox/memory_file.h"
#include "sandbox/os_error.h"
#include "sandbox/quiet_write.h"
#include "sandbox/stop_signal.h"

namespace engine::sandbox {
namespace {

using std::chrono::duration_cast;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr const char* kInputName = "stdin";
constexpr std::size_t kMostOffered = 64 << 10;  // A pipe holds so much before anybody reads.
constexpr auto kObservationPeriod = 200ms;
// What a program prints stays in its pipe for so long at first: to be woken for it would disturb a
// short run, and a pipe holds what most of them print.
constexpr auto kQuietStart = 2ms;
constexpr auto kLongestSleep = 100ms;  // Memory and tasks are looked at this often.
constexpr auto kShortestSleep = 1ms;   // Near the CPU limit.
constexpr auto kStartPatience = 20s;   // Until an interpreter opens its program.
constexpr auto kDeathPatience = 5s;    // Pure v1 under a fork bomb; elsewhere it takes some ms.

int processors() {
  static const auto count = static_cast<int>(usable_processors().size());
  return count;
}

// tmpfs takes whole pages.
Bytes memory_of(const FileSet* files) {
  Bytes sum;
  if (files == nullptr) return sum;
  for (const File& file : files->files()) {
    const auto size = static_cast<std::int64_t>(file.content.size());
    sum = sum + Bytes{whole_pages(size)};
  }
  return sum;
}

Error gone() {
  return {Errc::kUnavailable, "what was started ahead is gone", {}};
}

}  // namespace

RunMonitor::RunMonitor(const RunSpec& spec, BoxLink& link)
    : spec_(&spec),
      link_(link),
      output_(spec.limits.output, spec.observer),
      files_memory_(memory_of(spec.files.get())) {}

RunMonitor::~RunMonitor() {
  if (spec_->conversation != nullptr) spec_->conversation->over();
}

Result<RunReport> RunMonitor::run() {
  const StopSignal stop(spec_->stop);
  CHECK_OK(start());
  return see_through(stop);
}

Status RunMonitor::start_ahead(const std::string& program) {
  program_ = program;
  TRY(input_, spec_->input.empty() ? open_input() : make_empty_memory_file(kInputName));
  CHECK_OK(output_.open());
  CHECK_OK(link_.meter().begin(spec_->limits.memory, spec_->limits.processes, link_.idle_tasks()));
  const auto deadline = steady_clock::now() + kStartPatience;
  CHECK_OK(link_.offer(program, deadline));
  CHECK_OK(link_.start(*spec_, stdio(input_), -1, -1));
  CHECK_OK(await_opening(deadline));
  TRY(program_end_, link_.await_opened(deadline));
  return Ok{};
}

// Until the mother has something to say, which can only be that.
Status RunMonitor::await_opening(Time deadline) {
  std::array<pollfd, 2> waits = {
      {{link_.control_fd(), POLLIN, 0}, {link_.run_fd(), POLLIN, 0}}
  };
  const auto left = duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
  const int count = ::poll(waits.data(), waits.size(), static_cast<int>(left.count()));
  if (count > 0 && waits[0].revents != 0) return Ok{};
  const char* why =
      count > 0 ? "it ended before it opened its program" : "it does not open its program";
  return Error{Errc::kUnavailable, std::string("start ahead: ") + why, {}};
}

bool RunMonitor::serves(const RunSpec& spec) const {
  if (spec.argv != spec_->argv || spec.environment != spec_->environment) return false;
  if (spec.limits != spec_->limits || spec.input.empty() != spec_->input.empty()) return false;
  if (spec.conversation != nullptr || spec.frozen != nullptr || spec.files == nullptr) return false;
  if (spec.files->files().size() != 1) return false;
  const File& file = spec.files->files().front();
  return file.name == program_ && file.content.size() <= kMostOffered && !file.executable;
}

Result<RunReport> RunMonitor::go_on(const RunSpec& spec) {
  const StopSignal stop(spec.stop);
  spec_ = &spec;
  output_.observe_by(spec_->observer);
  CHECK_OK(let_go());
  return see_through(stop);
}

// Everything is as in a box where it was started with its files and its input when it reads on.
Status RunMonitor::let_go() {
  take_events();
  if (ended_ || spawner_dead_) return gone();
  if (link_.charges_replaced()) {
    files_memory_ = memory_of(spec_->files.get());
    CHECK_OK(link_.meter().allow_more(files_memory_));
  }
  CHECK_OK(link_.replace(*spec_->files, steady_clock::now() + kBoxPatience));
  if (!spec_->input.empty()) CHECK_OK(fill_memory_file(input_, spec_->input));
  input_ = Fd();
  ahead_ = true;
  started_ = last_look_ = steady_clock::now();
  next_observation_ = started_ + kObservationPeriod;
  const std::string& text = spec_->files->files().front().content;
  const bool is_read = write_quietly(program_end_, text);
  program_end_ = Fd();
  return is_read ? Status(Ok{}) : gone();
}

Result<RunReport> RunMonitor::see_through(const StopSignal& stop) {
  while (!ended_ && !killed_for_ && !spawner_dead_)
    watch(stop.fd());
  killed_at_ = steady_clock::now();
  CHECK_OK(end_all());
  return report();
}

Status RunMonitor::start() {
  TRY(const Fd input, open_input());
  CHECK_OK(output_.open());
  const int frozen =
      spec_->frozen != nullptr && spec_->frozen->serves(*spec_) ? spec_->frozen->fd() : -1;
  if (frozen >= 0) uncharged_ = spec_->frozen->uncharged();
  CHECK_OK(link_.meter().begin(spec_->limits.memory + files_memory_ - uncharged_,
                               spec_->limits.processes, link_.idle_tasks()));
  int bundle = -1;
  if (spec_->files != nullptr && !spec_->files->files().empty()) {
    bundle = spec_->files->bundle_fd();
    if (bundle < 0) return Error{Errc::kUnavailable, "no memory for the run's files", {}};
  }
  started_ = last_look_ = steady_clock::now();
  next_observation_ = started_ + kObservationPeriod;
  if (spec_->conversation != nullptr) spec_->conversation->begin(link_.meter());
  CHECK_OK(link_.start(*spec_, stdio(input), bundle, frozen));
  if (spec_->conversation != nullptr) spec_->conversation->handed_over();
  thawed_ = frozen >= 0;
  return Ok{};
}

Result<Fd> RunMonitor::open_input() const {
  if (!spec_->input.empty()) {
    const std::array parts = {spec_->input};
    return make_memory_file(kInputName, parts);
  }
  Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!null.is_open()) return os_error("open /dev/null");
  return null;
}

std::array<int, 3> RunMonitor::stdio(const Fd& input) const {
  const int errors = output_.write_end(Stream::kStderr);
  if (spec_->conversation == nullptr) {
    return {input.get(), output_.write_end(Stream::kStdout), errors};
  }
  const int talk = spec_->conversation->their_end();
  return {talk, talk, errors};
}

// Waits for whatever comes first, and deals with it.
void RunMonitor::watch(int stop_fd) {
  std::array<pollfd, 5> waits = {
      {{quiet_ ? -1 : output_.fd(Stream::kStdout), POLLIN, 0},
       {quiet_ ? -1 : output_.fd(Stream::kStderr), POLLIN, 0},
       {link_.run_fd(), POLLIN, 0},
       {link_.control_fd(), POLLIN, 0},
       {stop_fd, POLLIN, 0}}
  };
  const Time wake = next_check();
  const Time now = steady_clock::now();
  const Time until = quiet_ ? std::min<Time>(wake, started_ + kQuietStart) : wake;
  const auto sleep = std::max<std::chrono::nanoseconds>(until - now, 0ns);
  const timespec patience = {static_cast<time_t>(sleep / 1s),
                             static_cast<long>((sleep % 1s) / 1ns)};
  const int count = ::ppoll(waits.data(), waits.size(), &patience, nullptr);
  if (count > 0 && waits[2].revents != 0) take_events();
  if (count > 0 && waits[0].revents != 0) output_.read(Stream::kStdout);
  if (count > 0 && waits[1].revents != 0) output_.read(Stream::kStderr);
  if (count > 0 && waits[3].revents != 0) look_for_death();
  if (ended_ || spawner_dead_) return;
  quiet_ = quiet_ && count > 0;
  if (count > 0 && waits[4].revents != 0) {
    killed_for_ = End::kStopped;
  } else if (output_.over_limit()) {
    killed_for_ = End::kOutput;
  } else if (const Time then = steady_clock::now(); then >= wake) {
    lateness_ = std::max<std::chrono::nanoseconds>(lateness_, then - wake);
    check_limits();
    observe();
  }
}

void RunMonitor::take_events() {
  while (!ended_) {
    const auto event = link_.next_event();
    if (!event) {
      spawner_dead_ = spawner_dead_ || event.error().code == Errc::kUnavailable;
      return;
    }
    spawner_cpu_ = duration_cast<Microseconds>(std::chrono::nanoseconds(event->own_cpu_ns));
    if (event->event == wire::Event::kNotThawed) {
      take_note_of_fresh_start();
    } else if (event->event == wire::Event::kStarted) {
      started_ = Time(std::chrono::nanoseconds(event->started_ns));
    } else {
      ended_ = *event;
    }
  }
}

void RunMonitor::look_for_death() {
  const auto dead = link_.is_dead();
  lost_ = lost_ || !dead;
  spawner_dead_ = spawner_dead_ || !dead || *dead;
}

// It is charged for all that it uses, then.
void RunMonitor::take_note_of_fresh_start() {
  thawed_ = false;
  if (!link_.meter().allow_more(uncharged_)) lost_ = spawner_dead_ = true;
  uncharged_ = Bytes{0};
}

void RunMonitor::check_limits() {
  last_look_ = steady_clock::now();
  cpu_ = cpu_used();
  static_cast<void>(link_.meter().tasks_now());  // Keeps the peak where the kernel does not.
  if (link_.meter().oom_kills() > 0) {
    killed_for_ = End::kMemory;
  } else if (cpu_ > spec_->limits.cpu_time) {
    killed_for_ = End::kCpuTime;
  } else if (last_look_ - started_ > spec_->limits.wall_time) {
    killed_for_ = End::kWallTime;
  }
}

// The CPU limit is out of reach before all processors have worked for what is left of it.
RunMonitor::Time RunMonitor::next_check() const {
  const auto used_at_once = std::min(processors(), spec_->limits.processes);
  const auto cpu_left = std::max<Microseconds>(spec_->limits.cpu_time - cpu_, 0us) / used_at_once;
  Time next =
      last_look_ + std::clamp<std::chrono::nanoseconds>(cpu_left, kShortestSleep, kLongestSleep);
  next = std::min<Time>(next, started_ + spec_->limits.wall_time + 1us);
  return spec_->observer == nullptr ? next : std::min(next, next_observation_);
}

void RunMonitor::observe() {
  if (spec_->observer == nullptr || last_look_ < next_observation_) return;
  next_observation_ = last_look_ + kObservationPeriod;
  const RunMeter& meter = link_.meter();
  LiveUsage usage;
  usage.cpu_time = cpu_;
  usage.wall_time = duration_cast<Microseconds>(last_look_ - started_);
  usage.memory_now = of_the_run(meter.memory_now());
  usage.memory_peak = of_the_run(meter.memory_peak());
  usage.processes = meter.tasks_now();
  spec_->observer->on_usage(usage);
}

// Whatever is left of the run dies before its counts are read: what a daemon used belongs to it.
Status RunMonitor::end_all() {
  const bool clean = ended_ && !killed_for_ && link_.meter().tasks_now() == 0;
  if (clean) link_.ended_clean();
  if (!clean && !lost_) {
    if (const Status killed = link_.kill(); !killed) lost_ = true;
    if (!link_.await_dead(steady_clock::now() + kDeathPatience)) lost_ = true;
    if (!ended_) take_events();  // It may have ended just before.
  }
  output_.drain();
  out_of_memory_ = link_.meter().oom_kills() > 0;
  if (ended_ && ended_->event == wire::Event::kNoFiles) {
    return Error{Errc::kInvalid,
                 std::string("the run's files do not fit into its work directory: ") +
                     std::generic_category().message(ended_->error),
                 {}};
  }
  if (!ended_ && !killed_for_ && !out_of_memory_) {
    return Error{Errc::kUnavailable, "the box was lost during a run", {}};
  }
  if (out_of_memory_ && !link_.meter().is_at_memory_limit()) {
    return Error{Errc::kUnavailable, "the host ran out of memory during a run", {}};
  }
  return Ok{};
}

Result<RunReport> RunMonitor::report() {
  RunReport report;
  RunMeter& meter = link_.meter();
  report.cpu_time = cpu_used();
  report.memory = std::min(of_the_run(meter.memory_peak()), spec_->limits.memory);
  // The kernel counts one that it is about to refuse.
  report.processes = std::clamp(meter.tasks_peak(), 1, spec_->limits.processes);
  report.thawed = thawed_;
  report.ahead = ahead_;
  describe_main(report);
  output_.move_into(report);
  report.end = decide_end(report);
  if (report.end != End::kExited && report.end != End::kCannotStart &&
      report.end != End::kSignaled) {
    report.signal = SIGKILL;
    report.exit_code = 0;
  }
  report.host_stalled = report.end == End::kWallTime && stalled(report);
  if (!spec_->take.empty() && !lost_) {
    TRY(report.taken, link_.take(*spec_, steady_clock::now() + kDeathPatience));
  }
  return report;
}

void RunMonitor::describe_main(RunReport& report) const {
  if (!ended_ || ended_->ended_ns == 0) {
    report.wall_time = duration_cast<Microseconds>(killed_at_ - started_);
    return;
  }
  const std::chrono::nanoseconds began =
      ahead_ ? started_.time_since_epoch() : std::chrono::nanoseconds(ended_->started_ns);
  const std::chrono::nanoseconds ended(ended_->ended_ns);
  report.wall_time = duration_cast<Microseconds>(std::max(ended - began, 0ns));
  if (ended_->event == wire::Event::kNoExec) {
    report.start_errno = ended_->error;
  } else if (ended_->code == CLD_EXITED) {
    report.exit_code = ended_->status;
  } else {
    report.signal = ended_->status;
  }
}

// The kernel's counters first, then what we ended it for, then what it did itself. A program that
// was through within its limits is not to blame for our being about to end it.
End RunMonitor::decide_end(const RunReport& report) const {
  if (killed_for_ == End::kStopped) return End::kStopped;
  if (ended_ && ended_->event == wire::Event::kNoExec) return End::kCannotStart;
  if (out_of_memory_) return End::kMemory;
  if (report.truncated) return End::kOutput;
  if (report.cpu_time > spec_->limits.cpu_time) return End::kCpuTime;
  if (report.wall_time > spec_->limits.wall_time) return End::kWallTime;
  if (!ended_ && killed_for_) return *killed_for_;
  return report.signal != 0 ? End::kSignaled : End::kExited;
}

// The program had less than half of what the machine can give, and either its tasks stood in line
// for a processor, or we, who do next to nothing, woke up far too late ourselves.
bool RunMonitor::stalled(const RunReport& report) const {
  const auto wall = spec_->limits.wall_time;
  if (report.cpu_time * 2 > wall * processors()) return false;
  return link_.meter().processor_wait() * 4 > wall || lateness_ * 4 > wall;
}

Microseconds RunMonitor::cpu_used() const {
  const auto used = link_.meter().cpu_time();
  return used ? std::max<Microseconds>(*used - spawner_cpu_, 0us) : cpu_;
}

Bytes RunMonitor::of_the_run(Bytes memory) const {
  return std::max(memory - files_memory_ + uncharged_, Bytes{0});
}

}  // namespace engine::sandbox
