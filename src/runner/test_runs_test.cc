#include "runner/test_runs.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/testing/fake_boxes.h"

namespace engine {
namespace {

using ::testing::ElementsAre;

class FakeSlots final : public SpareSlots {
 public:
  explicit FakeSlots(int free) : free_(free) {}

  bool try_borrow() override {
    const std::lock_guard lock(mutex_);
    if (free_ == 0 || wanted_) return false;
    --free_;
    return true;
  }
  void give_back() override {
    const std::lock_guard lock(mutex_);
    ++free_;
    changed_.notify_all();
  }
  bool is_wanted() const override {
    const std::lock_guard lock(mutex_);
    return wanted_;
  }

  void want() {
    const std::lock_guard lock(mutex_);
    wanted_ = true;
  }
  int free() const {
    const std::lock_guard lock(mutex_);
    return free_;
  }
  [[nodiscard]] bool wait_for_free(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return free_ >= count; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int free_;
  bool wanted_ = false;
};

// Where runs meet: each says that it is there, and waits for what the test has it wait for.
class Meeting {
 public:
  void arrive(std::size_t test) {
    const std::lock_guard lock(mutex_);
    here_.insert(test);
    changed_.notify_all();
  }
  // False: stopped, or it never came.
  bool await(std::size_t test, const std::stop_token& stop = {}) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, stop, std::chrono::seconds(20),
                             [&] { return here_.contains(test); });
  }
  bool saw(std::size_t test) const {
    const std::lock_guard lock(mutex_);
    return here_.contains(test);
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::set<std::size_t> here_;
};

class TestRunsTest : public ::testing::Test {
 protected:
  using Run = std::function<Result<TestRun>(std::size_t, const std::stop_token&)>;

  Status run(std::size_t count, Run run) {
    BoxSupply own(boxes_, "", {});
    TestRuns runs(
        {.boxes = [this] { return std::make_unique<BoxSupply>(boxes_, "", std::stop_token()); },
         .run = [&](BoxSupply&, std::size_t test,
                    const std::stop_token& stop) { return run(test, stop); },
         .conclude =
             [this](std::size_t test, const TestRun& done) {
               concluded_.push_back(test);
               return done.report.exit_code == 0;
             }},
        spare_, stop_.get_token());
    return runs.run(0, count, own);
  }

  static Result<TestRun> exited(int code) { return TestRun{.report = {.exit_code = code}}; }
  static Result<TestRun> stopped() { return Error{Errc::kConflict, "stopped", {}}; }

  testing::FakeBoxes boxes_;
  FakeSlots spare_{1};
  std::stop_source stop_;
  Meeting meeting_;
  std::vector<std::size_t> concluded_;
};

TEST_F(TestRunsTest, TwoAtOnceAreConcludedInTheirOrder) {
  const auto done = run(4, [&](std::size_t test, const std::stop_token&) {
    meeting_.arrive(test);
    // The first of each pair ends after the second has begun.
    EXPECT_TRUE(meeting_.await(test | 1U));
    return exited(0);
  });
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(concluded_, ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(spare_.free(), 1);
}

TEST_F(TestRunsTest, WithoutSpareSlotsTheyRunOneByOne) {
  ASSERT_TRUE(spare_.try_borrow());
  std::atomic<int> at_once = 0;
  const auto done = run(5, [&](std::size_t, const std::stop_token&) {
    EXPECT_EQ(++at_once, 1);
    --at_once;
    return exited(0);
  });
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(concluded_, ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(TestRunsTest, WhatComesAfterTheLastWantedTestIsStopped) {
  const auto done = run(9, [&](std::size_t test, const std::stop_token& stop) {
    meeting_.arrive(test);
    if (test == 0) {
      EXPECT_TRUE(meeting_.await(1));
      return exited(1);
    }
    EXPECT_FALSE(meeting_.await(1000, stop)) << "only a stop ends it";
    EXPECT_TRUE(stop.stop_requested());
    return stopped();
  });
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(concluded_, ElementsAre(0));
  EXPECT_FALSE(meeting_.saw(2));
  EXPECT_EQ(spare_.free(), 1);
}

TEST_F(TestRunsTest, TheErrorIsThatOfTheFirstTestByOrder) {
  const auto done = run(9, [&](std::size_t test, const std::stop_token&) -> Result<TestRun> {
    meeting_.arrive(test);
    EXPECT_TRUE(meeting_.await(test == 0 ? 1 : 0));
    return Error{Errc::kUnavailable, "test " + std::to_string(test), {}};
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "test 0");
  EXPECT_TRUE(concluded_.empty());
}

TEST_F(TestRunsTest, NobodyRunsFarAheadOfWhatIsConcluded) {
  constexpr std::size_t kMost = TestRuns::kMostAhead;
  const auto done = run(2 * kMost, [&](std::size_t test, const std::stop_token&) {
    if (test == 0) {
      EXPECT_TRUE(spare_.wait_for_free(1)) << "the other thread did not give up its slot";
      EXPECT_TRUE(meeting_.saw(kMost - 1));
      EXPECT_FALSE(meeting_.saw(kMost));
    }
    meeting_.arrive(test);
    return exited(0);
  });
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(concluded_.size(), 2 * kMost);
}

TEST_F(TestRunsTest, ASlotThatIsWantedGoesBackAfterTheRunUnderWay) {
  const auto done = run(9, [&](std::size_t test, const std::stop_token&) {
    meeting_.arrive(test);
    if (test == 0) {
      EXPECT_TRUE(meeting_.await(1));
      EXPECT_TRUE(spare_.wait_for_free(1));
      EXPECT_FALSE(meeting_.saw(2));
    }
    if (test == 1) spare_.want();
    return exited(0);
  });
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(concluded_.size(), 9U);
}

TEST_F(TestRunsTest, AStopEndsAllThatRuns) {
  const auto done = run(9, [&](std::size_t test, const std::stop_token& stop) {
    meeting_.arrive(test);
    EXPECT_TRUE(meeting_.await(test == 0 ? 1 : 0));
    stop_.request_stop();
    EXPECT_FALSE(meeting_.await(1000, stop));
    return stopped();
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::kConflict);
  EXPECT_EQ(spare_.free(), 1);
}

TEST_F(TestRunsTest, AnExceptionOfAnyThreadReachesTheCaller) {
  EXPECT_THROW((void)run(9,
                         [&](std::size_t test, const std::stop_token&) -> Result<TestRun> {
                           meeting_.arrive(test);
                           EXPECT_TRUE(meeting_.await(test == 0 ? 1 : 0));
                           if (test == 1) throw std::runtime_error("a bug");
                           EXPECT_TRUE(spare_.wait_for_free(1));
                           return exited(0);
                         }),
               std::runtime_error);
  EXPECT_EQ(spare_.free(), 1);
}

}  // namespace
}  // namespace engine
