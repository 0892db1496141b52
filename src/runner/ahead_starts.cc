#include "runner/ahead_starts.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/log.h"

namespace engine {
namespace {

using sandbox::RunSpec;
using std::chrono::steady_clock;

// So many programs that are started otherwise, one after another, are the usual ones from then on.
constexpr int kStrangers = 2;
constexpr Milliseconds kPauseAfterFailure{1'000};  // Doubles with each further one.
constexpr int kMostDoublings = 8;
constexpr Milliseconds kLongestSleep{3'600'000};

}  // namespace

AheadStarts::AheadStarts(BoxesOf boxes, AheadOptions options)
    : boxes_(std::move(boxes)),
      options_(options),
      keeper_([this](const std::stop_token& stop) { keep(stop); }) {}

std::unique_ptr<sandbox::Box> AheadStarts::take(const Language& language, const Plan& plan,
                                                bool has_input) {
  if (options_.each <= 0 || !language.start_ahead) return nullptr;
  if (!boxes_(language).can_start_ahead()) return nullptr;
  auto start = start_of(plan, has_input);
  if (!start) return nullptr;
  const std::lock_guard lock(mutex_);
  Entry& entry = entry_of(language);
  entry.asked = steady_clock::now();
  ordered_.notify_one();
  if (entry.start != start) {
    if (entry.start && ++entry.strangers < kStrangers) return nullptr;
    leave(entry);
    entry.start = std::move(start);
    return nullptr;
  }
  entry.strangers = 0;
  if (entry.boxes.empty()) return nullptr;
  StandingBox box = std::move(entry.boxes.front());
  entry.boxes.pop_front();
  return box;
}

void AheadStarts::went_on() {
  const std::lock_guard lock(mutex_);
  ++runs_;
}

std::int64_t AheadStarts::runs() const {
  const std::lock_guard lock(mutex_);
  return runs_;
}

std::vector<Bytes> AheadStarts::memory() const {
  const std::lock_guard lock(mutex_);
  std::vector<Bytes> sizes;
  for (const Entry& entry : entries_) {
    for (const StandingBox& box : entry.boxes)
      sizes.push_back(box->memory_now());
  }
  return sizes;
}

// A lone program, in no directory, so that all that its interpreter looks for beside it is absent
// before, too.
std::optional<AheadStarts::Start> AheadStarts::start_of(const Plan& plan, bool has_input) {
  if (!plan.compile.empty() || plan.sources == nullptr) return std::nullopt;
  const auto& files = plan.sources->files();
  if (files.size() != 1 || files.front().executable) return std::nullopt;
  if (files.front().name.find('/') != std::string::npos) return std::nullopt;
  return Start{plan.image,      plan.run,           plan.environment,
               plan.run_limits, files.front().name, has_input};
}

AheadStarts::Entry& AheadStarts::entry_of(const Language& language) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.language.id == language.id;
  });
  if (found != entries_.end()) return *found;
  Entry& entry = entries_.emplace_back();
  entry.language = language;
  return entry;
}

void AheadStarts::leave(Entry& entry) {
  std::move(entry.boxes.begin(), entry.boxes.end(), std::back_inserter(leaving_));
  entry.boxes.clear();
  entry.start.reset();
  entry.strangers = 0;
}

bool AheadStarts::lacks_one(const Entry& entry, Time now) const {
  return entry.start && static_cast<int>(entry.boxes.size()) < options_.each &&
         entry.not_before <= now;
}

AheadStarts::Entry* AheadStarts::next_to_start() {
  const auto now = steady_clock::now();
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return lacks_one(entry, now); });
  return found == entries_.end() ? nullptr : &*found;
}

AheadStarts::Time AheadStarts::next_change() const {
  Time next = steady_clock::now() + kLongestSleep;
  for (const Entry& entry : entries_) {
    if (!entry.start) continue;
    next = std::min<Time>(next, entry.asked + options_.idle);
    if (static_cast<int>(entry.boxes.size()) < options_.each) {
      next = std::min(next, entry.not_before);
    }
  }
  return next;
}

// The life of the thread that starts and ends them.
void AheadStarts::keep(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    end_idle();
    if (auto leaving = std::exchange(leaving_, {}); !leaving.empty()) {
      is_busy_ = true;
      lock.unlock();
      leaving.clear();
      lock.lock();
      is_busy_ = false;
    } else if (Entry* entry = next_to_start()) {
      start(*entry, lock);
    } else {
      settled_.notify_all();
      const Time until = next_change();
      ordered_.wait_until(lock, stop, until, [this, until] {
        return next_to_start() != nullptr || !leaving_.empty() || steady_clock::now() >= until;
      });
    }
  }
}

void AheadStarts::end_idle() {
  for (Entry& entry : entries_) {
    if (entry.start && steady_clock::now() >= entry.asked + options_.idle) leave(entry);
  }
}

void AheadStarts::settle() {
  std::unique_lock lock(mutex_);
  settled_.wait(lock,
                [this] { return next_to_start() == nullptr && leaving_.empty() && !is_busy_; });
}

void AheadStarts::start(Entry& entry, std::unique_lock<std::mutex>& lock) {
  const Start start = *entry.start;
  is_busy_ = true;
  lock.unlock();
  auto box = make(entry.language, start);  // An entry's language never changes.
  lock.lock();
  is_busy_ = false;
  if (!box) {
    if (entry.failures == 0) {
      log::warning("an interpreter cannot be started ahead; its programs start fresh",
                   {
                       {"language", entry.language.id  },
                       {"reason",   box.error().message}
      });
    }
    const int doublings = std::min(entry.failures++, kMostDoublings);
    entry.not_before = steady_clock::now() + kPauseAfterFailure * (1 << doublings);
    return;
  }
  entry.failures = 0;
  // Others may be the usual ones by now.
  (entry.start == start ? entry.boxes.emplace_back() : leaving_.emplace_back()) = *std::move(box);
}

Result<AheadStarts::StandingBox> AheadStarts::make(const Language& language,
                                                   const Start& start) const {
  TRY(auto box, boxes_(language).acquire(start.image));
  RunSpec spec;
  spec.argv = start.argv;
  spec.environment = start.environment;
  spec.limits = start.limits;
  spec.input = start.has_input ? "some" : "";
  CHECK_OK(box->start_ahead(spec, start.program));
  return box;
}

}  // namespace engine
