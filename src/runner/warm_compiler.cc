#include "runner/warm_compiler.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "runner/compile_frames.h"
#include "runner/compile_server.h"

namespace engine {
namespace {

using sandbox::Conversation;
using sandbox::FileSet;
using sandbox::RunReport;
using sandbox::RunSpec;
using std::chrono::steady_clock;

// No source that a warm compiler is of use for takes longer.
constexpr Milliseconds kLongestAttempt{5'000};
// What it may use between two compiles: its own compiler goes on for a while after one.
constexpr Microseconds kRestlessness{10'000'000};
constexpr std::size_t kMostWords = 300;

WarmCompiler::Attempt lost(std::string why) {
  return {WarmCompiler::Use::kLost, {}, std::move(why)};
}

std::int64_t bytes_of(const std::vector<sandbox::File>& files) {
  std::int64_t sum = 0;
  for (const sandbox::File& file : files)
    sum += static_cast<std::int64_t>(file.content.size());
  return sum;
}

// Whether a plain compile could have left all of it within its limits.
bool fits(const CompileAnswer& answer, const Plan& plan) {
  const sandbox::RunLimits& limits = plan.compile_limits;
  std::int64_t bytes = bytes_of(plan.sources->files());
  for (const sandbox::TakenFile& taken : answer.taken) {
    const auto size = static_cast<std::int64_t>(taken.file.content.size());
    if (size > limits.file.count) return false;
    bytes += size;
  }
  const std::size_t count = answer.taken.size() + plan.sources->files().size();
  return bytes <= limits.disk.count && count <= static_cast<std::size_t>(limits.files);
}

}  // namespace

// Takes note of what its box says five times a second.
class WarmCompiler::Watch final : public sandbox::Observer {
 public:
  explicit Watch(WarmCompiler& compiler) : compiler_(compiler) {}
  void on_usage(const sandbox::LiveUsage& usage) override {
    compiler_.memory_ = usage.memory_now.count;
    compiler_.processes_ = usage.processes;
  }
  void on_output(sandbox::Stream, std::string_view) override {}

 private:
  WarmCompiler& compiler_;
};

Result<std::unique_ptr<WarmCompiler>> WarmCompiler::start(std::unique_ptr<sandbox::Box> box,
                                                          const Start& start,
                                                          const std::stop_token& stop) {
  TRY(auto talk, Conversation::open());
  std::unique_ptr<WarmCompiler> compiler(new WarmCompiler(std::move(box), std::move(talk), start));
  CHECK_OK(compiler->await_ready(start.patience, stop));
  return compiler;
}

WarmCompiler::WarmCompiler(std::unique_ptr<sandbox::Box> box, std::unique_ptr<Conversation> talk,
                           const Start& start)
    : box_(std::move(box)), talk_(std::move(talk)) {
  RunSpec spec;
  spec.argv = start.argv;
  spec.environment = start.environment;
  spec.limits = start.limits;
  spec.conversation = talk_.get();
  spec.files = FileSet::make({
      {std::string(kCompileServerFile), std::string(kCompileServer)}
  });
  life_ = std::jthread([this, spec = std::move(spec)](const std::stop_token& stop) mutable {
    spec.stop = stop;
    live(spec);
  });
}

WarmCompiler::~WarmCompiler() {
  life_.request_stop();
  if (life_.joinable()) life_.join();
}

// The life of the thread that waits for its end.
void WarmCompiler::live(const RunSpec& plain) {
  Watch watch(*this);
  RunSpec spec = plain;
  spec.observer = &watch;
  const auto report = box_->run(spec);
  last_words_ = report ? report->log.substr(0, kMostWords) : report.error().message;
  memory_ = 0;
  running_ = false;
  talk_->over();
}

Status WarmCompiler::await_ready(Milliseconds patience, const std::stop_token& stop) {
  auto body = hear_frame({steady_clock::now() + patience, stop});
  if (body) {
    auto answer = read_answer(*body);
    if (answer && answer->number == 0) {
      cpu_at_rest_ = talk_->cpu_time().value_or(Microseconds{0});
      return Ok{};
    }
  }
  return Error{Errc::kUnavailable, end_of_life(), {}};
}

// Why it is of no more use: what it said last.
std::string WarmCompiler::end_of_life() {
  life_.request_stop();
  life_.join();
  return last_words_.empty() ? "it went silent" : last_words_;
}

Result<std::string> WarmCompiler::hear_frame(const Conversation::Patience& patience) {
  TRY(const std::string head, talk_->hear(kFrameHead, patience));
  TRY(const std::size_t size, frame_size(head));
  return talk_->hear(size, patience);
}

WarmCompiler::Attempt WarmCompiler::compile(const std::vector<std::string>& arguments,
                                            const Plan& plan) {
  const auto used = talk_->cpu_time();
  if (!used || !talk_->is_quiet()) return lost("it ended, or speaks unasked");
  if (*used - cpu_at_rest_ > kRestlessness) return lost("it does not rest");
  const auto frame = request_frame(++number_, arguments, plan.sources->files());
  if (!frame) return {.use = Use::kInVain};
  ++compiles_;
  const auto began = steady_clock::now();
  Attempt attempt = exchange(*frame, plan);
  const auto until = talk_->cpu_time();
  if (attempt.use == Use::kLost) return attempt;
  if (!until) return lost("it ended");
  cpu_at_rest_ = *until;
  RunReport& report = attempt.report;
  report.cpu_time = *until - *used;
  report.wall_time = std::chrono::duration_cast<Microseconds>(steady_clock::now() - began);
  report.memory = memory();
  report.processes = processes_;
  if (report.cpu_time > plan.compile_limits.cpu_time) attempt.use = Use::kInVain;
  return attempt;
}

WarmCompiler::Attempt WarmCompiler::exchange(const std::string& frame, const Plan& plan) {
  const auto longest = std::min<Microseconds>(kLongestAttempt, plan.compile_limits.wall_time);
  const Conversation::Patience patience{steady_clock::now() + longest, {}};
  if (const Status said = talk_->say(frame, patience); !said) return lost(said.error().message);
  const auto body = hear_frame(patience);
  if (!body) return lost(body.error().message);
  auto answer = read_answer(*body);
  if (!answer) return lost(answer.error().message);
  if (answer->number != number_) return lost("it answers what it was not asked");
  const bool counts = answer->counts && !answer->taken.empty() && fits(*answer, plan);
  if (!counts) return {.use = Use::kInVain};
  Attempt attempt{.use = Use::kCounts};
  attempt.report.taken = std::move(answer->taken);
  return attempt;
}

}  // namespace engine
