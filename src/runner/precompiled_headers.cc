#include "runner/precompiled_headers.h"

#include <algorithm>
#include <utility>

#include "base/key_text.h"
#include "base/log.h"
#include "headers/preamble.h"
#include "runner/findings.h"
#include "runner/instantiation.h"

namespace engine {
namespace {

using sandbox::FileSet;
using sandbox::RunReport;
using sandbox::RunSpec;
using std::chrono::steady_clock;

// As the commands of languages name them; see docs/languages.md.
constexpr char kToCompile[] = "header.h";
constexpr char kCompiled[] = "header.gch";

constexpr std::size_t kMostEntries = 512;
constexpr Milliseconds kPauseAfterFault{30'000};  // After a set that could not be made; doubles.
constexpr int kMostDoubled = 8;
constexpr Milliseconds kLongestIdling{3'600'000};
constexpr std::size_t kMostReason = 200;

std::string_view content_of(const Plan& plan, const std::string& name) {
  for (const sandbox::File& file : plan.sources->files()) {
    if (file.name == name) return file.content;
  }
  return {};
}

}  // namespace

PrecompiledHeaders::PrecompiledHeaders(BoxesOf boxes, QuickOptions options, std::string directory,
                                       Bytes floor, Toolchain toolchain, const Clock& clock)
    : boxes_(std::move(boxes)),
      options_(options),
      toolchain_(std::move(toolchain)),
      disk_(std::move(directory), options.disk, floor, clock),
      keeper_([this](const std::stop_token& stop) { keep(stop); }) {}

// What is put before a source is put before all that are compiled with it: so only before a lone
// one. What stands in a header's place may serve any of them that begins with it.
std::optional<HeaderSet> PrecompiledHeaders::set_for(const Plan& plan) const {
  for (const std::string& unit : plan.units) {
    auto headers = leading_headers(content_of(plan, unit));
    if (headers.empty()) continue;
    HeaderSet set(std::move(headers));
    if (set.is_in_place() || plan.units.size() == 1) return set;
  }
  return std::nullopt;
}

std::optional<PrecompiledHeaders::Found> PrecompiledHeaders::find(const Language& language,
                                                                  const Plan& plan) {
  if (plan.precompile.empty() || language.runner == BoxKind::kDocker) return std::nullopt;
  const auto set = set_for(plan);
  if (!set) return std::nullopt;
  Order order{language, toolchain_(language), plan.image, plan.precompile, plan.environment, *set};
  KeyText text;
  text.add("header set 1").add(static_cast<std::int64_t>(options_.mode));
  text.add(order.toolchain).add(plan.image);
  text.add(plan.precompile).add(plan.environment).add(set->headers());
  const std::string key = text.digest();
  const std::lock_guard lock(mutex_);
  Entry* const entry = entry_of(key, std::move(order));
  if (entry == nullptr) return std::nullopt;
  const int wanted = set->is_in_place() ? 1 : options_.sources;
  entry->asked = steady_clock::now();
  if (entry->state != Entry::State::kReady) ++entry->sources;
  if (entry->state == Entry::State::kCounted && entry->sources >= wanted) want(*entry);
  if (entry->state != Entry::State::kReady) return std::nullopt;
  if (!disk_.is_as_checked(key, set->file())) {
    want(*entry);
    return std::nullopt;
  }
  Found found{key, set->arguments(std::string(kHeadersInBox) + "/" + key)};
  found.arguments.insert(found.arguments.end(), language.quick_options.begin(),
                         language.quick_options.end());
  return found;
}

// In the place of the one that was asked for longest ago where there are too many. nullptr: all of
// them are still to be made.
PrecompiledHeaders::Entry* PrecompiledHeaders::entry_of(const std::string& key, Order order) {
  if (const auto found = entries_.find(key); found != entries_.end()) return &found->second;
  if (entries_.size() >= kMostEntries) {
    const auto age = [](const auto& entry) {
      return std::pair(entry.second.state == Entry::State::kOrdered, entry.second.asked);
    };
    const auto oldest =
        std::min_element(entries_.begin(), entries_.end(),
                         [&](const auto& a, const auto& b) { return age(a) < age(b); });
    if (oldest->second.state == Entry::State::kOrdered) return nullptr;
    entries_.erase(oldest);
  }
  return &entries_.emplace(key, Entry{.order = std::move(order)}).first->second;
}

void PrecompiledHeaders::used(const Found& found, Use use) {
  if (use == Use::kCounts) counting_.fetch_add(1);
  if (use == Use::kInVain) in_vain_.fetch_add(1);
  if (use != Use::kRefused) return;
  refused_.fetch_add(1);
  log::warning("a compiler did not take headers that were compiled ahead", {
                                                                               {"key", found.key}
  });
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(found.key);
  if (entry == entries_.end() || entry->second.state != Entry::State::kReady) return;
  disk_.remove(found.key);
  put_off(entry->second);
}

void PrecompiledHeaders::want(Entry& entry) {
  entry.state = Entry::State::kOrdered;
  is_news_ = true;
  ordered_.notify_one();
}

void PrecompiledHeaders::put_off(Entry& entry) {
  const int doubled = std::min(entry.failures++, kMostDoubled);
  entry.not_before = steady_clock::now() + kPauseAfterFault * (1 << doubled);
  want(entry);
}

// What most sources waited for: who orders many sets holds up only those that nobody else wants.
PrecompiledHeaders::Entries::iterator PrecompiledHeaders::next_to_make() {
  const auto now = steady_clock::now();
  if (now < rested_) return entries_.end();
  auto most = entries_.end();
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (entry->second.state != Entry::State::kOrdered || entry->second.not_before > now) continue;
    if (most == entries_.end() || entry->second.sources > most->second.sources) most = entry;
  }
  return most;
}

// The life of the thread that makes them.
void PrecompiledHeaders::keep(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (const auto next = next_to_make(); next != entries_.end()) {
      make(next, lock, stop);
      continue;
    }
    settled_.notify_all();
    is_news_ = false;
    Time until = steady_clock::now() + kLongestIdling;
    for (const auto& [key, entry] : entries_) {
      if (entry.state == Entry::State::kOrdered) {
        until = std::min(until, std::max(entry.not_before, rested_));
      }
    }
    ordered_.wait_until(lock, stop, until, [this] { return is_news_; });
  }
}

void PrecompiledHeaders::settle() {
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [this] {
    return !is_making_ && std::none_of(entries_.begin(), entries_.end(), [](const auto& entry) {
      return entry.second.state == Entry::State::kOrdered && entry.second.failures == 0;
    });
  });
}

// Nothing that is ordered is ever dropped, so `next` stays good.
void PrecompiledHeaders::make(Entries::iterator next, std::unique_lock<std::mutex>& lock,
                              const std::stop_token& stop) {
  const std::string key = next->first;
  const Order order = next->second.order;
  is_making_ = true;
  lock.unlock();
  Microseconds worked{0};
  const auto provided = provide(key, order, stop, worked);
  lock.lock();
  is_making_ = false;
  rested_ = steady_clock::now() + options_.rest * worked;
  if (provided) {
    next->second.state = Entry::State::kReady;
    return;
  }
  put_off(next->second);
  if (stop.stop_requested()) return;
  log::warning("headers cannot be compiled ahead",
               {
                   {"language", order.language.id       },
                   {"reason",   provided.error().message}
  });
}

// From the disk, where an earlier process left it, or by a compile in a box of its own.
Status PrecompiledHeaders::provide(const std::string& key, const Order& order,
                                   const std::stop_token& stop, Microseconds& worked) {
  if (disk_.check(key, order.set.file())) return Ok{};
  TRY(const auto box, boxes_(order.language).acquire(order.image));
  TRY(RunReport report, compile(*box, order, stop));
  worked = report.cpu_time;
  const bool ended_well = judge(report).verdict == Verdict::kAccepted;
  if (!ended_well || report.taken.size() != 1 || !report.taken[0].problem.empty()) {
    const std::string problem = report.taken.empty() ? "" : report.taken[0].problem;
    return Error{Errc::kUnavailable, report.log.substr(0, kMostReason) + problem, {}};
  }
  CHECK_OK(disk_.put(key, order.set.file(), order.set.text(), report.taken[0].file.content));
  made_.fetch_add(1);
  log::info("headers are compiled ahead",
            {
                {"language",    order.language.id                              },
                {"headers",     std::to_string(order.set.headers().size())     },
                {"cpuMs",       std::to_string(report.cpu_time.count() / 1'000)},
                {"memoryBytes", std::to_string(report.memory.count)            }
  });
  return Ok{};
}

// With the templates that they leave where that is wanted and can be.
Result<RunReport> PrecompiledHeaders::compile(sandbox::Box& box, const Order& order,
                                              const std::stop_token& stop) {
  RunSpec spec;
  spec.argv = order.command;
  spec.environment = order.environment;
  spec.limits = options_.limits;
  spec.take = {kCompiled};
  spec.take_limit = options_.limits.disk;
  spec.stop = stop;
  const std::string text = order.set.to_compile();
  if (const auto plugin = plugin_for(box, order, spec); !plugin.empty()) {
    spec.argv.emplace_back(kInstantiationOption);
    spec.files = FileSet::make({
        {kToCompile, text + std::string(kInstantiationLine)},
        {std::string(kInstantiationFile), plugin, true}
    });
    TRY(RunReport report, box.run(spec));
    if (judge(report).verdict == Verdict::kAccepted) return report;
    spec.argv.pop_back();
  }
  spec.files = FileSet::make({
      {kToCompile, text}
  });
  return box.run(spec);
}

// Empty: it is done without.
std::string PrecompiledHeaders::plugin_for(sandbox::Box& box, const Order& order,
                                           const RunSpec& like) {
  if (options_.mode != CompileMode::kFast) return {};
  const auto known = plugins_.find(order.toolchain);
  if (known != plugins_.end()) return known->second;
  auto made = make_instantiation_plugin(box, like);
  if (!made && made.error().code != Errc::kNotFound) return {};  // Another time.
  if (!made) {
    log::warning("templates of headers are not compiled ahead",
                 {
                     {"language", order.language.id   },
                     {"reason",   made.error().message}
    });
  }
  return plugins_[order.toolchain] = made ? *std::move(made) : std::string();
}

PrecompiledHeaders::Figures PrecompiledHeaders::figures() const {
  return {counting_, in_vain_, refused_, made_, disk_.held()};
}

}  // namespace engine
