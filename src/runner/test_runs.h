#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "base/result.h"
#include "runner/box_supply.h"
#include "runner/spare_slots.h"
#include "sandbox/boxes.h"

namespace engine {

struct TestRun {
  sandbox::RunReport report;
  bool repeated = false;  // The host had stalled in the first try; this is the second.
};

// Runs the tests of one submission: several at once where slots are spare, each thread in boxes of
// its own, and concludes them in their order, so that what comes of it is the same as one by one.
// Used once, by one thread.
class TestRuns {
 public:
  // How far runs may be ahead of what is concluded: their output lies in memory.
  static constexpr std::size_t kMostAhead = 32;

  struct Steps {
    // A supply of boxes for one more thread. Called on any thread, as run() is.
    std::function<std::unique_ptr<BoxSupply>()> boxes;
    std::function<Result<TestRun>(BoxSupply& supply, std::size_t test, std::stop_token stop)> run;

    // In the order of tests, one at a time. False: no later test is wanted.
    std::function<bool(std::size_t test, TestRun run)> conclude;
  };

  // `spare` outlives it. A stop ends what runs, as for a single run.
  TestRuns(Steps steps, SpareSlots& spare, const std::stop_token& stop);
  TestRuns(const TestRuns&) = delete;
  TestRuns& operator=(const TestRuns&) = delete;
  ~TestRuns();

  // Tests `first` to `end`, on this thread in boxes of `own`, and on others. The error is that of
  // the first test, by order, that could not be run.
  Status run(std::size_t first, std::size_t end, BoxSupply& own);

 private:
  struct Helper {
    std::jthread thread;
    bool is_over = false;
  };
  using Lock = std::unique_lock<std::mutex>;

  bool may_start() const;
  void step(BoxSupply& supply, Lock& lock);
  void borrow();
  bool start_helper();
  void help(Helper& helper);
  void help_on(Lock& lock);
  void conclude_ready();
  void want_no_more_than(std::size_t end);

  const Steps steps_;
  SpareSlots& spare_;
  std::stop_source stopping_;  // Of runs that are no longer wanted.
  std::stop_callback<std::function<void()>> on_stop_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t next_ = 0;
  std::size_t end_ = 0;
  std::size_t concluded_ = 0;
  std::map<std::size_t, Result<TestRun>> done_;  // Not yet concluded.
  std::optional<Error> error_;
  std::exception_ptr exception_;  // Of a helper; thrown again by run().
  std::list<Helper> helpers_;
};

}  // namespace engine
