// Runs one program in boxes of the sandbox library, in turns with what it is compared to.
//
//   box POLICY FROM PROGRAM [ARGUMENT...] [--limit cpu|wall MILLISECONDS] [--workers COUNT]
//       [--preload MODULE] [--pin]
//
// POLICY: pool, submission or run. FROM: `put` copies PROGRAM into the box for every run, `image`
// shows it read-only as part of the image; `fresh` and `warm` put a program of Python in, and start
// the interpreter for each run or go on from one that has started. Each byte on standard input is
// one request, answered by a line "NANOSECONDS ok" or "NANOSECONDS wrong REASON":
//   r  one run: the time is from asking for a box to having the report
//   a  the second run in one box: from calling run() to having the report
//   c  one run: the processor time that its report says
//   m  one run: the peak of memory that its report says, in bytes
//   b  kBurst runs back to back, each in what the policy gives it, wiping, destroying and building
//      of boxes included: the time is one run's share
//   t  as b, but without a pause for two seconds, in --workers threads at once: the time is the
//      seconds by the number of runs
// --pin ties every run to a processor of its own.
// Before it answers, every box that the policy keeps ready is built again, so that no work of this
// row falls into the next one. With --limit the time is how long after the limit the report came.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <unistd.h>

#include "sandbox/frozen.h"
#include "sandbox/native.h"

namespace {

using engine::sandbox::Box;
using engine::sandbox::Boxes;
using engine::sandbox::End;
using engine::sandbox::FileSet;
using engine::sandbox::NativeOptions;
using engine::sandbox::Reuse;
using engine::sandbox::RunReport;
using engine::sandbox::RunSpec;
using Clock = std::chrono::steady_clock;
using Nanoseconds = std::chrono::nanoseconds;

constexpr int kBurst = 20;
constexpr std::chrono::seconds kSlice{2};
// A box counts as ready before the last of its work is done inside; that takes less than this.
constexpr std::chrono::milliseconds kRest{3};
constexpr std::chrono::seconds kPatience{20};
constexpr std::string_view kShownAt = "/opt/bench";
constexpr std::string_view kPython = "/usr/bin/python3";

struct Plan {
  Reuse reuse = Reuse::kPool;
  bool put = true;
  bool python = false;
  bool warm = false;
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::optional<End> limit;  // kCpuTime or kWallTime.
  std::chrono::milliseconds limit_time{0};
  int workers = 1;
  bool pinned = false;
  std::vector<std::string> preload;  // Of the interpreter that has started.
};

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "box: %s\n", why.c_str());
  std::exit(1);
}

Plan parse(const std::vector<std::string>& words) {
  if (words.size() < 3)
    fail(
        "usage: box POLICY FROM PROGRAM [ARGUMENT...] [--limit cpu|wall MS] [--workers N] [--pin]");
  Plan plan;
  if (words[0] == "run") plan.reuse = Reuse::kRun;
  if (words[0] == "submission") plan.reuse = Reuse::kSubmission;
  plan.warm = words[1] == "warm";
  plan.python = plan.warm || words[1] == "fresh";
  plan.put = plan.python || words[1] == "put";
  plan.program = words[2];
  for (std::size_t i = 3; i < words.size(); ++i) {
    if (words[i] == "--limit" && i + 2 < words.size()) {
      plan.limit = words[i + 1] == "cpu" ? End::kCpuTime : End::kWallTime;
      plan.limit_time = std::chrono::milliseconds(std::stoi(words[i + 2]));
      i += 2;
    } else if (words[i] == "--workers" && i + 1 < words.size()) {
      plan.workers = std::stoi(words[++i]);
    } else if (words[i] == "--pin") {
      plan.pinned = true;
    } else if (words[i] == "--preload" && i + 1 < words.size()) {
      plan.preload.push_back(words[++i]);
    } else {
      plan.arguments.push_back(words[i]);
    }
  }
  return plan;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) fail(path.string() + " cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

RunSpec make_spec(const Plan& plan) {
  RunSpec spec;
  const std::string name = plan.program.filename();
  if (plan.put) {
    spec.files = FileSet::make({
        {name, read_file(plan.program), true}
    });
    spec.argv = {std::string(engine::sandbox::kWorkDirectory) + "/" + name};
  } else {
    spec.argv = {std::string(kShownAt) + "/" + name};
  }
  if (plan.python) {
    spec.argv = {std::string(kPython), name};
    spec.environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"};
  }
  spec.argv.insert(spec.argv.end(), plan.arguments.begin(), plan.arguments.end());
  if (plan.limit == End::kCpuTime) spec.limits.cpu_time = plan.limit_time;
  if (plan.limit == End::kWallTime) spec.limits.wall_time = plan.limit_time;
  return spec;
}

NativeOptions make_options(const Plan& plan) {
  NativeOptions options;
  options.reuse = plan.reuse;
  options.slots = plan.workers;
  options.pinned = plan.pinned;
  options.cgroup_parent = "execution-engine-bench";  // Where the driver counts what boxes use.
  if (!plan.put) {
    options.images[0].resources = {
        {plan.program.parent_path().string(), std::string(kShownAt)}
    };
  }
  return options;
}

// Why the report is not what it must be; empty: it is.
std::string fault(const Plan& plan, const engine::Result<RunReport>& report) {
  if (!report) return report.error().message;
  if (plan.limit) {
    return report->end == *plan.limit ? "" : "ended by " + std::to_string(int(report->end));
  }
  if (report->end != End::kExited || report->exit_code != 0) return "the program failed";
  if (report->thawed != plan.warm) return "the interpreter started otherwise";
  if (report->stdout_text != "ok\n" || report->truncated) return "wrong output";
  return "";
}

class Bench {
 public:
  Bench(Plan plan, std::unique_ptr<Boxes> boxes)
      : plan_(std::move(plan)), boxes_(std::move(boxes)), spec_(make_spec(plan_)) {
    if (plan_.warm) freeze();
    settle();
  }

  void answer(char request) {
    faults_.clear();
    std::int64_t figure = 0;
    switch (request) {
      case 'r': figure = first_run().count(); break;
      case 'a': figure = another_run().count(); break;
      case 'b': figure = burst().count(); break;
      case 't': figure = slice().count(); break;
      case 'c': figure = Nanoseconds(reported().cpu_time).count(); break;
      case 'm': figure = reported().memory.count; break;
      default: fail("unknown request");
    }
    refill();
    std::this_thread::sleep_for(kRest);
    std::printf("%lld %s%s\n", static_cast<long long>(figure), faults_.empty() ? "ok" : "wrong ",
                faults_.c_str());
    std::fflush(stdout);
  }

 private:
  std::unique_ptr<Box> take_box() {
    auto box = boxes_->acquire("host");
    if (!box) fail(box.error().message);
    return *std::move(box);
  }

  void freeze() {
    auto frozen = engine::sandbox::freeze_python(*take_box(), {.argv = {std::string(kPython)},
                                                               .environment = spec_.environment,
                                                               .preload = plan_.preload});
    if (!frozen) fail(frozen.error().message);
    spec_.frozen = *std::move(frozen);
  }

  // Waits until the library keeps as many boxes ready as it wants to, to know how many those are.
  void settle() {
    const auto deadline = Clock::now() + kPatience;
    int same = 0;
    for (int last = -1; same < 20 || full_ == 0;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      full_ = boxes_->ready();
      same = full_ == last ? same + 1 : 0;
      last = full_;
      if (Clock::now() > deadline) fail("no box became ready");
    }
  }

  void refill() {
    const auto deadline = Clock::now() + kPatience;
    while (boxes_->ready() < full_ && Clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    if (boxes_->ready() < full_) faults_ += "no new box in time; ";
  }

  Nanoseconds first_run() {
    const auto start = Clock::now();
    const auto box = take_box();
    return run_since(start, *box);
  }

  Nanoseconds another_run() {
    const auto box = take_box();
    run_since(Clock::now(), *box);
    return run_since(Clock::now(), *box);
  }

  RunReport reported() {
    const auto box = take_box();
    auto report = box->run(spec_);
    faults_ += fault(plan_, report);
    return report ? *std::move(report) : RunReport{};
  }

  Nanoseconds burst() {
    const auto start = Clock::now();
    for (int i = 0; i < kBurst; ++i) {
      const auto box = take_box();
      run_since(start, *box);
    }
    refill();
    return (Clock::now() - start) / kBurst;
  }

  Nanoseconds slice() {
    const auto start = Clock::now();
    std::atomic<int> runs = 0;
    {
      std::vector<std::jthread> workers;
      for (int i = 0; i < plan_.workers; ++i) {
        workers.emplace_back([&] {
          for (; Clock::now() < start + kSlice; ++runs) {
            const auto box = take_box();
            run_since(start, *box);
          }
        });
      }
    }
    refill();
    std::this_thread::sleep_for(kRest);
    return (Clock::now() - start) / runs.load();
  }

  Nanoseconds run_since(Clock::time_point start, Box& box) {
    const auto report = box.run(spec_);
    const auto time = Clock::now() - start;
    if (const std::string why = fault(plan_, report); !why.empty()) {
      const std::lock_guard lock(mutex_);
      faults_ += why + "; ";
    }
    return plan_.limit ? time - plan_.limit_time : time;
  }

  Plan plan_;
  std::unique_ptr<Boxes> boxes_;
  RunSpec spec_;
  std::mutex mutex_;  // Of faults_.
  std::string faults_;
  int full_ = 0;  // Boxes that stand ready when nothing runs.
};

}  // namespace

int main(int argc, char** argv) {
  Plan plan = parse({argv + 1, argv + argc});
  const NativeOptions options = make_options(plan);
  auto manager = engine::sandbox::Manager::fork(options);
  if (!manager) fail(manager.error().message);
  auto boxes = engine::sandbox::make_native_boxes(*std::move(manager), options);
  if (!boxes) fail(boxes.error().message);
  Bench bench(std::move(plan), *std::move(boxes));
  for (char request = 0; ::read(STDIN_FILENO, &request, 1) == 1;)
    bench.answer(request);
}
