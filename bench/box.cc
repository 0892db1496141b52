// Runs one program in boxes of the sandbox library, in turns with what it is compared to.
//
//   box POLICY FROM PROGRAM [ARGUMENT...] [--limit cpu|wall MILLISECONDS]
//
// POLICY: pool, submission or run. FROM: `put` copies PROGRAM into the box for every run, `image`
// shows it read-only as part of the image. Each byte on standard input is one request, answered by
// a line "NANOSECONDS ok" or "NANOSECONDS wrong REASON":
//   r  one run: the time is from asking for a box to having the report
//   a  the second run in one box: from calling run() to having the report
//   b  kBurst runs back to back, each in what the policy gives it, wiping, destroying and building
//      of boxes included: the time is one run's share
// Before it answers, every box that the policy keeps ready is built again, so that no work of this
// row falls into the next one. With --limit the time is how long after the limit the report came.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <unistd.h>

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
// A box counts as ready before the last of its work is done inside; that takes less than this.
constexpr std::chrono::milliseconds kRest{3};
constexpr std::chrono::seconds kPatience{20};
constexpr std::string_view kShownAt = "/opt/bench";

struct Plan {
  Reuse reuse = Reuse::kPool;
  bool put = true;
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::optional<End> limit;  // kCpuTime or kWallTime.
  std::chrono::milliseconds limit_time{0};
};

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "box: %s\n", why.c_str());
  std::exit(1);
}

Plan parse(const std::vector<std::string>& words) {
  if (words.size() < 3) fail("usage: box POLICY FROM PROGRAM [ARGUMENT...] [--limit cpu|wall MS]");
  Plan plan;
  if (words[0] == "run") plan.reuse = Reuse::kRun;
  if (words[0] == "submission") plan.reuse = Reuse::kSubmission;
  plan.put = words[1] == "put";
  plan.program = words[2];
  for (std::size_t i = 3; i < words.size(); ++i) {
    if (words[i] == "--limit" && i + 2 < words.size()) {
      plan.limit = words[i + 1] == "cpu" ? End::kCpuTime : End::kWallTime;
      plan.limit_time = std::chrono::milliseconds(std::stoi(words[i + 2]));
      i += 2;
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
  spec.argv.insert(spec.argv.end(), plan.arguments.begin(), plan.arguments.end());
  if (plan.limit == End::kCpuTime) spec.limits.cpu_time = plan.limit_time;
  if (plan.limit == End::kWallTime) spec.limits.wall_time = plan.limit_time;
  return spec;
}

NativeOptions make_options(const Plan& plan) {
  NativeOptions options;
  options.reuse = plan.reuse;
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
  if (report->stdout_text != "ok\n" || report->truncated) return "wrong output";
  return "";
}

class Bench {
 public:
  Bench(Plan plan, std::unique_ptr<Boxes> boxes)
      : plan_(std::move(plan)), boxes_(std::move(boxes)), spec_(make_spec(plan_)) {
    settle();
  }

  void answer(char request) {
    faults_.clear();
    Nanoseconds time{0};
    switch (request) {
      case 'r': time = first_run(); break;
      case 'a': time = another_run(); break;
      case 'b': time = burst(); break;
      default: fail("unknown request");
    }
    refill();
    std::this_thread::sleep_for(kRest);
    std::printf("%lld %s%s\n", static_cast<long long>(time.count()),
                faults_.empty() ? "ok" : "wrong ", faults_.c_str());
    std::fflush(stdout);
  }

 private:
  std::unique_ptr<Box> take_box() {
    auto box = boxes_->acquire("host");
    if (!box) fail(box.error().message);
    return *std::move(box);
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

  Nanoseconds burst() {
    const auto start = Clock::now();
    for (int i = 0; i < kBurst; ++i) {
      const auto box = take_box();
      run_since(start, *box);
    }
    refill();
    return (Clock::now() - start) / kBurst;
  }

  Nanoseconds run_since(Clock::time_point start, Box& box) {
    const auto report = box.run(spec_);
    const auto time = Clock::now() - start;
    if (const std::string why = fault(plan_, report); !why.empty()) faults_ += why + "; ";
    return plan_.limit ? time - plan_.limit_time : time;
  }

  Plan plan_;
  std::unique_ptr<Boxes> boxes_;
  RunSpec spec_;
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
