#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "language/language.h"
#include "runner/plan.h"
#include "runner/runner.h"
#include "runner/warm_compiler.h"
#include "runner/warm_compiler_options.h"

namespace engine {

// The warm compilers of this process, for each language that has such: the first is started when
// it is wanted, more while all are busy; each is replaced after some compiles and at anything odd,
// and ends when nobody asks for it. A compile never waits for one to start: it is plain until
// one is there. Safe from any thread.
//
// What a compile by one of them comes to counts only where it is class files and not a word said;
// else the compile is done plainly. So what a compiler says is always what it says plainly.
class WarmCompilers {
 public:
  WarmCompilers(BoxesOf boxes, WarmCompilerOptions options);
  WarmCompilers(const WarmCompilers&) = delete;
  WarmCompilers& operator=(const WarmCompilers&) = delete;
  ~WarmCompilers() = default;

  // As the plain compile would have reported it. Nothing: it is to be done plainly. kConflict:
  // `progress` would not have it begin.
  Result<std::optional<sandbox::RunReport>> compile(const Language& language, const Plan& plan,
                                                    Progress& progress);

  // Waits until all that was ordered is there, or could not be made at the first try.
  void settle();

  struct Figures {
    std::uint64_t counting = 0;  // Compiles that counted.
    std::uint64_t in_vain = 0;   // Those that had to be done plainly after all.
    std::uint64_t lost = 0;      // Compilers that died, passed a limit or were odd.
    std::vector<Bytes> memory;   // Of each that runs, by its box.
  };
  Figures figures() const;

 private:
  using Time = std::chrono::steady_clock::time_point;
  using Compiler = std::shared_ptr<WarmCompiler>;

  struct Kept {
    Compiler compiler;
    Time started;
    bool is_busy = false;
    bool is_lost = false;  // As its last attempt said; not to be used again.
  };
  struct Entry {
    Language language;
    std::string image;
    std::string program;  // The compiler in whose place it is.
    std::vector<std::string> environment;
    std::vector<Kept> kept;
    int wanted = 0;  // So many are to be there.
    Time asked;
    int failures = 0;  // One after another.
    std::string why;   // The last one, once it is logged.
    Time not_before;
  };

  bool may_serve(const Language& language, const Plan& plan) const;
  Entry& entry_of(const Language& language, const Plan& plan);
  Compiler borrow(const Language& language, const Plan& plan);
  void give_back(const Compiler& compiler, const WarmCompiler::Attempt& attempt);
  static bool serves(const Kept& kept);
  bool is_due(const Kept& kept) const;
  void note_loss(Entry& entry, const WarmCompiler& compiler, const std::string& why);
  void put_off(Entry& entry);

  void keep(const std::stop_token& stop);
  std::vector<Compiler> take_leaving();
  void take_leaving(Entry& entry, std::vector<Compiler>& leaving);
  bool lacks_one(const Entry& entry) const;
  Entry* next_to_start();
  Time next_change() const;
  void wake_keeper();
  void start(Entry& entry, std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  Result<Compiler> make(const Entry& entry, const std::stop_token& stop) const;

  const BoxesOf boxes_;
  const WarmCompilerOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable_any ordered_;
  std::condition_variable came_;  // A compiler is not busy any more.
  std::condition_variable settled_;
  std::deque<Entry> entries_;  // Never removed from, so that a reference stays good.
  bool is_busy_ = false;       // The keeper starts or ends one.
  bool is_news_ = false;       // Something is to be done by the keeper.
  Figures figures_;            // But for the memory.
  std::jthread keeper_;        // Last: it uses all of the above.
};

}  // namespace engine
