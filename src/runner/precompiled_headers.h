#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/units.h"
#include "headers/header_disk.h"
#include "headers/header_set.h"
#include "language/language.h"
#include "runner/plan.h"
#include "runner/quick_options.h"
#include "runner/runner.h"

namespace engine {

// Where boxes see what HeaderDisk keeps.
inline constexpr std::string_view kHeadersInBox = "/opt/headers";

// The headers that sources begin with, compiled ahead: each set in a box of its own, from nothing
// but the image and the names of its headers, by a thread in the background. Compiles never wait
// for one: they are plain until it is there. Safe from any thread.
class PrecompiledHeaders {
 public:
  // As ArtefactCache::Toolchain: another text, another set.
  using Toolchain = std::function<std::string(const Language& language)>;

  // `directory` is there, and is what boxes see as kHeadersInBox, read-only. Below `floor` of free
  // space nothing more is kept. `clock` outlives it.
  PrecompiledHeaders(BoxesOf boxes, QuickOptions options, std::string directory, Bytes floor,
                     Toolchain toolchain, const Clock& clock);
  PrecompiledHeaders(const PrecompiledHeaders&) = delete;
  PrecompiledHeaders& operator=(const PrecompiledHeaders&) = delete;
  ~PrecompiledHeaders() = default;

  struct Found {
    std::string key;
    std::vector<std::string> arguments;  // What the compiler is given beside the plan's.
  };
  // What this compile can use. Nothing: there is nothing, or not yet; it may be ordered by this.
  std::optional<Found> find(const Language& language, const Plan& plan);

  // What came of it: the compile that used it counts, or had to be done plainly.
  enum class Use { kCounts, kInVain, kRefused };  // Refused: the compiler did not take it.
  void used(const Found& found, Use use);

  // Waits until all that was ordered is there, or could not be made at the first try.
  void settle();

  struct Figures {
    std::uint64_t counting = 0;
    std::uint64_t in_vain = 0;
    std::uint64_t refused = 0;
    std::uint64_t made = 0;
    Bytes disk;
  };
  Figures figures() const;

 private:
  using Time = std::chrono::steady_clock::time_point;

  struct Order {
    Language language;
    std::string toolchain;
    std::string image;
    std::vector<std::string> command;
    std::vector<std::string> environment;
    HeaderSet set;
  };
  struct Entry {
    Order order;
    int sources = 0;  // That would have used it.
    Time asked;
    enum class State { kCounted, kOrdered, kReady } state = State::kCounted;
    int failures = 0;
    Time not_before;
  };
  using Entries = std::map<std::string, Entry>;

  std::optional<HeaderSet> set_for(const Plan& plan) const;
  Entry* entry_of(const std::string& key, Order order);
  void want(Entry& entry);
  void put_off(Entry& entry);
  Entries::iterator next_to_make();
  void keep(const std::stop_token& stop);
  void make(Entries::iterator next, std::unique_lock<std::mutex>& lock,
            const std::stop_token& stop);
  Status provide(const std::string& key, const Order& order, const std::stop_token& stop,
                 Microseconds& worked);
  Result<sandbox::RunReport> compile(sandbox::Box& box, const Order& order,
                                     const std::stop_token& stop);
  std::string plugin_for(sandbox::Box& box, const Order& order, const sandbox::RunSpec& like);

  const BoxesOf boxes_;
  const QuickOptions options_;
  const Toolchain toolchain_;
  HeaderDisk disk_;
  std::atomic<std::uint64_t> counting_ = 0;
  std::atomic<std::uint64_t> in_vain_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> made_ = 0;
  std::mutex mutex_;
  std::condition_variable_any ordered_;
  std::condition_variable settled_;
  Entries entries_;  // By key.
  bool is_making_ = false;
  bool is_news_ = false;  // Something was ordered since the keeper looked.
  Time rested_;
  std::map<std::string, std::string> plugins_;  // By toolchain; empty: none. The keeper's.
  std::jthread keeper_;                         // Last: it uses all of the above.
};

}  // namespace engine
