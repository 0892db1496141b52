#include "runner/warm_starts.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/log.h"
#include "runner/preloads.h"

namespace engine {
namespace {

using sandbox::Frozen;
using std::chrono::steady_clock;

constexpr Milliseconds kPauseAfterFailure{1'000};  // After one that could not be made; doubles.
constexpr int kMostDoublings = 8;
constexpr Milliseconds kLongestSleep{3'600'000};

// The run's argv without what stands from the program's name on; empty: it cannot be told.
std::vector<std::string> command_before_program(const Language& language, const Plan& plan) {
  const std::vector<std::string>& pattern = language.run;
  if (pattern.empty() || pattern.back() != "{entry}" || plan.run.size() < pattern.size()) return {};
  const std::string& program = plan.run[pattern.size() - 1];
  if (program.starts_with('-')) return {};
  return {plan.run.begin(), plan.run.begin() + static_cast<std::ptrdiff_t>(pattern.size() - 1)};
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

WarmStarts::WarmStarts(BoxesOf boxes, WarmOptions options)
    : boxes_(std::move(boxes)),
      options_(options),
      keeper_([this](const std::stop_token& stop) { keep(stop); }) {}

std::shared_ptr<const Frozen> WarmStarts::find(const Language& language, const Plan& plan) {
  if (!options_.enabled || !language.warm || !boxes_(language).can_thaw()) return nullptr;
  Start plain{plan.image, command_before_program(language, plan), plan.environment, {}};
  if (plain.argv.empty()) return nullptr;
  Start preloaded = plain;
  preloaded.preload = preload_of(language, plan);
  const std::lock_guard lock(mutex_);
  if (!preloaded.preload.empty()) {
    if (auto frozen = find(language, std::move(preloaded))) return frozen;
  }
  return find(language, std::move(plain));
}

// With the lock held.
std::shared_ptr<const Frozen> WarmStarts::find(const Language& language, Start start) {
  Entry& entry = entry_of(language, std::move(start));
  if (entry.frozen == nullptr || --entry.runs_left <= 0) order(entry);
  return entry.frozen;
}

void WarmStarts::used(const std::shared_ptr<const Frozen>& frozen, bool thawed) {
  const std::lock_guard lock(mutex_);
  if (thawed) {
    ++runs_;
    return;
  }
  for (Entry& entry : entries_) {
    if (entry.frozen != frozen) continue;
    log::warning("a frozen interpreter is of no use any more",
                 {
                     {"language", entry.language.id}
    });
    entry.frozen.reset();
    order(entry);
  }
}

std::int64_t WarmStarts::runs() const {
  const std::lock_guard lock(mutex_);
  return runs_;
}

Bytes WarmStarts::memory() const {
  const std::lock_guard lock(mutex_);
  Bytes sum;
  for (const Entry& entry : entries_) {
    if (entry.frozen != nullptr) sum = sum + entry.frozen->size();
  }
  return sum;
}

WarmStarts::Entry& WarmStarts::entry_of(const Language& language, Start start) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.language.id == language.id && entry.start == start;
  });
  if (found != entries_.end()) return *found;
  Entry& entry = entries_.emplace_back();
  entry.language = language;
  entry.start = std::move(start);
  return entry;
}

void WarmStarts::order(Entry& entry) {
  if (entry.is_ordered) return;
  entry.is_ordered = true;
  ordered_.notify_one();
}

WarmStarts::Entry* WarmStarts::next_to_make() {
  const auto now = steady_clock::now();
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.is_ordered && entry.not_before <= now;
  });
  return found == entries_.end() ? nullptr : &*found;
}

// The life of the thread that freezes.
void WarmStarts::keep(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (Entry* entry = next_to_make()) {
      make(*entry, lock);
      continue;
    }
    settled_.notify_all();
    Time until = steady_clock::now() + kLongestSleep;
    for (const Entry& entry : entries_) {
      if (entry.is_ordered) until = std::min(until, entry.not_before);
    }
    ordered_.wait_until(lock, stop, until, [this] { return next_to_make() != nullptr; });
  }
}

void WarmStarts::settle() {
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [this] { return next_to_make() == nullptr && !is_making_; });
}

void WarmStarts::make(Entry& entry, std::unique_lock<std::mutex>& lock) {
  const Language& language = entry.language;  // Neither this nor the start ever changes.
  is_making_ = true;
  lock.unlock();
  auto frozen = freeze(language, entry.start);
  lock.lock();
  is_making_ = false;
  if (frozen) {
    entry.frozen = *std::move(frozen);
    entry.runs_left = options_.runs;
    entry.is_ordered = false;
    entry.failures = 0;
    entry.why.clear();
    return;
  }
  // What is in the way of an image's interpreter is so at every try: it is said once.
  const bool is_news = entry.why != frozen.error().message;
  entry.why = frozen.error().message;
  if (is_news) {
    log::warning("an interpreter cannot be frozen; its programs start fresh",
                 {
                     {"language", entry.language.id          },
                     {"preload",  joined(entry.start.preload)},
                     {"reason",   entry.why                  }
    });
  }
  const int doublings = std::min(entry.failures++, kMostDoublings);
  entry.not_before = steady_clock::now() + kPauseAfterFailure * (1 << doublings);
}

Result<std::shared_ptr<const Frozen>> WarmStarts::freeze(const Language& language,
                                                         const Start& start) const {
  TRY(auto box, boxes_(language).acquire(start.image));
  return sandbox::freeze_python(*box, {.argv = start.argv,
                                       .environment = start.environment,
                                       .preload = start.preload,
                                       .stack = options_.stack,
                                       .memory = options_.memory});
}

}  // namespace engine
