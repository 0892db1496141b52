#include "runner/warm_compilers.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "language/command.h"
#include "runner/compile_server.h"

namespace engine {
namespace {

using sandbox::File;
using sandbox::RunLimits;
using sandbox::RunReport;
using std::chrono::steady_clock;

constexpr Milliseconds kPauseAfterLoss{1'000};  // Doubles with each further one.
constexpr int kMostPausesDoubled = 8;
constexpr Milliseconds kLongestWatch{3'600'000};
constexpr int kGoodLife = 50;  // Compiles after which a loss is no sign that the next is near.
constexpr std::int64_t kMostSources = (4_MiB).count;

// Of a compiler's whole life; its time is for WarmCompilerOptions to say.
constexpr RunLimits kLimits{
    .processes = 64, .output = 64_KiB, .file = 32_MiB, .disk = 64_MiB, .files = 4'096};

// What is for the process that a plain compile starts is not for its compiler.
std::vector<std::string> arguments_of(const Plan& plan) {
  std::vector<std::string> arguments(plan.compile.begin() + 1, plan.compile.end());
  std::erase_if(arguments, [](const std::string& one) { return one.starts_with("-J"); });
  return arguments;
}

// Compiled code among the files is left to a compiler that ends with it, and so is what lies where
// the warm one's own program does.
bool may_bring(const std::vector<File>& files) {
  constexpr std::string_view kOwn = kCompileServerFile.substr(0, kCompileServerFile.find('/'));
  std::int64_t bytes = 0;
  for (const File& file : files) {
    bytes += static_cast<std::int64_t>(file.content.size());
    if (file.name.ends_with(".class") || file.name.starts_with(kOwn)) return false;
  }
  return bytes <= kMostSources;
}

}  // namespace

WarmCompilers::WarmCompilers(BoxesOf boxes, WarmCompilerOptions options)
    : boxes_(std::move(boxes)),
      options_(options),
      keeper_([this](const std::stop_token& stop) { keep(stop); }) {}

// Where each run is promised a box that served nobody else, a compile is such a run.
bool WarmCompilers::may_serve(const Language& language, const Plan& plan) const {
  if (options_.processes <= 0 || !language.warm || language.warm_compile.empty()) return false;
  const sandbox::Boxes& boxes = boxes_(language);
  if (!boxes.can_converse() || boxes.reuse() == sandbox::Reuse::kRun) return false;
  const RunLimits& limits = plan.compile_limits;
  if (limits.memory < options_.memory || limits.processes < kLimits.processes) return false;
  return !plan.compile.empty() && may_bring(plan.sources->files());
}

Result<std::optional<RunReport>> WarmCompilers::compile(const Language& language, const Plan& plan,
                                                        Progress& progress) {
  if (!may_serve(language, plan)) return std::optional<RunReport>();
  const Compiler compiler = borrow(language, plan);
  if (compiler == nullptr) return std::optional<RunReport>();
  progress.on_phase(Progress::Phase::kCompiling, -1);
  const bool may_start = progress.on_start();
  WarmCompiler::Attempt attempt{WarmCompiler::Use::kInVain, {}, {}};
  if (may_start) attempt = compiler->compile(arguments_of(plan), plan);
  give_back(compiler, attempt);
  if (!may_start) return Error{Errc::kConflict, "the compile was stopped on request", {}};
  if (attempt.use != WarmCompiler::Use::kCounts) return std::optional<RunReport>();
  return std::optional<RunReport>(std::move(attempt.report));
}

WarmCompilers::Entry& WarmCompilers::entry_of(const Language& language, const Plan& plan) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.language.id == language.id && entry.image == plan.image &&
           entry.program == plan.compile.front() && entry.environment == plan.environment;
  });
  if (found != entries_.end()) return *found;
  Entry& entry = entries_.emplace_back();
  entry.language = language;
  entry.image = plan.image;
  entry.program = plan.compile.front();
  entry.environment = plan.environment;
  return entry;
}

// nullptr: none is there, or all stay busy for too long.
WarmCompilers::Compiler WarmCompilers::borrow(const Language& language, const Plan& plan) {
  const Time until = steady_clock::now() + options_.patience;
  std::unique_lock lock(mutex_);
  Entry& entry = entry_of(language, plan);
  entry.asked = steady_clock::now();
  for (;;) {
    const auto free = std::find_if(entry.kept.begin(), entry.kept.end(),
                                   [](const Kept& kept) { return serves(kept) && !kept.is_busy; });
    if (free != entry.kept.end()) {
      free->is_busy = true;
      return free->compiler;
    }
    const auto busy = std::count_if(entry.kept.begin(), entry.kept.end(), serves);
    entry.wanted = std::clamp(static_cast<int>(busy) + 1, entry.wanted, options_.processes);
    wake_keeper();
    if (busy == 0 || came_.wait_until(lock, until) == std::cv_status::timeout) return nullptr;
  }
}

void WarmCompilers::give_back(const Compiler& compiler, const WarmCompiler::Attempt& attempt) {
  const std::lock_guard lock(mutex_);
  if (attempt.use == WarmCompiler::Use::kCounts) ++figures_.counting;
  if (attempt.use == WarmCompiler::Use::kInVain) ++figures_.in_vain;
  for (Entry& entry : entries_) {
    const auto kept = std::find_if(entry.kept.begin(), entry.kept.end(),
                                   [&](const Kept& one) { return one.compiler == compiler; });
    if (kept == entry.kept.end()) continue;
    kept->is_busy = false;
    if (attempt.use == WarmCompiler::Use::kLost) {
      kept->is_lost = true;
      note_loss(entry, *compiler, attempt.why);
    }
    if (kept->is_lost || is_due(*kept)) wake_keeper();
  }
  came_.notify_all();
}

void WarmCompilers::wake_keeper() {
  is_news_ = true;
  ordered_.notify_one();
}

// Whether it can be used, now or once it is not busy.
bool WarmCompilers::serves(const Kept& kept) {
  return kept.compiler->is_running() && !kept.is_lost;
}

// It goes on until another is there in its place.
bool WarmCompilers::is_due(const Kept& kept) const {
  const WarmCompiler& compiler = *kept.compiler;
  return compiler.compiles() >= options_.compiles ||
         compiler.memory().count > options_.memory.count / 8 * 7 ||
         steady_clock::now() - kept.started >= options_.life;
}

void WarmCompilers::note_loss(Entry& entry, const WarmCompiler& compiler, const std::string& why) {
  ++figures_.lost;
  log::warning("a warm compiler is of no use any more",
               {
                   {"language", entry.language.id                  },
                   {"compiles", std::to_string(compiler.compiles())},
                   {"reason",   why                                }
  });
  if (compiler.compiles() >= kGoodLife) entry.failures = 0;
  put_off(entry);
}

// Who sends sources that end compilers has few started for it.
void WarmCompilers::put_off(Entry& entry) {
  const int doublings = std::min(entry.failures++, kMostPausesDoubled);
  entry.not_before = steady_clock::now() + kPauseAfterLoss * (1 << doublings);
}

// The life of the thread that starts and ends them.
void WarmCompilers::keep(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    is_news_ = false;
    if (auto leaving = take_leaving(); !leaving.empty()) {
      is_busy_ = true;
      lock.unlock();
      leaving.clear();
      lock.lock();
      is_busy_ = false;
      continue;
    }
    if (Entry* entry = next_to_start()) {
      start(*entry, lock, stop);
      continue;
    }
    settled_.notify_all();
    ordered_.wait_until(lock, stop, next_change(), [this] { return is_news_; });
  }
}

std::vector<WarmCompilers::Compiler> WarmCompilers::take_leaving() {
  std::vector<Compiler> leaving;
  for (Entry& entry : entries_)
    take_leaving(entry, leaving);
  return leaving;
}

// What is dead, what nobody wants, and what others have come in the place of.
void WarmCompilers::take_leaving(Entry& entry, std::vector<Compiler>& leaving) {
  const bool is_asked_for = steady_clock::now() - entry.asked < options_.idle;
  if (!is_asked_for) entry.wanted = 0;
  auto replaced = std::count_if(entry.kept.begin(), entry.kept.end(),
                                [this](const Kept& kept) { return serves(kept) && !is_due(kept); });
  std::erase_if(entry.kept, [&](const Kept& kept) {
    if (kept.is_busy) return false;
    const bool is_dead = !serves(kept);
    if (is_dead && !kept.is_lost) note_loss(entry, *kept.compiler, kept.compiler->last_words());
    const bool leaves = is_dead || !is_asked_for || (is_due(kept) && replaced >= entry.wanted) ||
                        kept.compiler->compiles() >= 2 * options_.compiles;
    if (leaves && !is_dead) entry.failures = 0;
    if (leaves) leaving.push_back(kept.compiler);
    return leaves;
  });
}

bool WarmCompilers::lacks_one(const Entry& entry) const {
  const auto lasting =
      std::count_if(entry.kept.begin(), entry.kept.end(),
                    [this](const Kept& kept) { return serves(kept) && !is_due(kept); });
  return lasting < entry.wanted && static_cast<int>(entry.kept.size()) <= options_.processes;
}

WarmCompilers::Entry* WarmCompilers::next_to_start() {
  const Time now = steady_clock::now();
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return lacks_one(entry) && entry.not_before <= now;
  });
  return found == entries_.end() ? nullptr : &*found;
}

// When something may be to be done that nobody tells of.
WarmCompilers::Time WarmCompilers::next_change() const {
  const Time now = steady_clock::now();
  Time next = now + kLongestWatch;
  for (const Entry& entry : entries_) {
    if (lacks_one(entry)) next = std::min(next, entry.not_before);
    if (!entry.kept.empty()) next = std::min(next, std::max(entry.asked, now) + options_.idle);
  }
  return next;
}

void WarmCompilers::settle() {
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [this] { return next_to_start() == nullptr && !is_busy_ && !is_news_; });
}

void WarmCompilers::start(Entry& entry, std::unique_lock<std::mutex>& lock,
                          const std::stop_token& stop) {
  is_busy_ = true;
  lock.unlock();
  auto made = make(entry, stop);  // What it reads of the entry never changes.
  lock.lock();
  is_busy_ = false;
  if (made) {
    entry.kept.push_back({*std::move(made), steady_clock::now()});
    entry.why.clear();
    came_.notify_all();
    return;
  }
  put_off(entry);
  // What is in the way of an image's compiler is so at every try: it is said once.
  if (stop.stop_requested() || entry.why == made.error().message) return;
  entry.why = made.error().message;
  log::warning("a compiler cannot be kept warm; compiles are plain",
               {
                   {"language", entry.language.id},
                   {"reason",   entry.why        }
  });
}

Result<WarmCompilers::Compiler> WarmCompilers::make(const Entry& entry,
                                                    const std::stop_token& stop) const {
  WarmCompiler::Start start;
  // Half of its memory is for what it compiles; the rest is for itself and its code.
  start.argv = expand(entry.language, entry.language.warm_compile,
                      {.memory = Bytes{options_.memory.count / 2}});
  start.argv.insert(start.argv.end(), {std::string(kCompileServerFile), entry.program,
                                       std::to_string(options_.rounds)});
  start.environment = entry.environment;
  start.limits = kLimits;
  start.limits.memory = options_.memory;
  start.limits.cpu_time = options_.life;
  start.limits.wall_time = 2 * options_.life;
  TRY(auto box, boxes_(entry.language).acquire(entry.image));
  TRY(auto compiler, WarmCompiler::start(std::move(box), start, stop));
  return Compiler(std::move(compiler));
}

WarmCompilers::Figures WarmCompilers::figures() const {
  const std::lock_guard lock(mutex_);
  Figures figures = figures_;
  for (const Entry& entry : entries_) {
    for (const Kept& kept : entry.kept)
      figures.memory.push_back(kept.compiler->memory());
  }
  return figures;
}

}  // namespace engine
