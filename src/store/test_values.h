#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/random.h"
#include "store/store.h"

// What the tests of all stores need.
namespace engine {

// A clock that stands still until it is moved, forwards or backwards.
class HandClock final : public Clock {
 public:
  WallTime wall() const override { return WallTime{} + Microseconds{wall_.load()}; }
  SteadyTime steady() const override { return SteadyTime{} + Microseconds{steady_.load()}; }
  void pass(Microseconds time) {
    wall_ += time.count();
    steady_ += time.count();
  }
  void jump(Microseconds time) { wall_ += time.count(); }

 private:
  std::atomic<std::int64_t> wall_ = 1'700'000'000'123'456;
  std::atomic<std::int64_t> steady_ = 5'000'000;
};

inline Submission test_submission(std::string id = random_uuid()) {
  return {
      .id = {std::move(id)},
      .owner = {"owner"},
      .language = "cpp",
      .files = {{"main.cc", "int main() {}"}},
      .entry = "main.cc",
      .tests = {{"first", "1 2\n", "3\n"}, {"second", "", std::nullopt}},
      .priority = 2,
      .delay = Milliseconds{1'500}
  };
}

inline Outcome test_outcome(const std::string& output = "hello\n") {
  Outcome outcome{.verdict = Verdict::kAccepted, .language_version = "g++ 12"};
  outcome.runs.push_back({
      .test = "first",
      .verdict = Verdict::kAccepted,
      .stdout_text = {.head = output, .size = {6}}
  });
  return outcome;
}

// The calls that report later, waited for.
inline Result<Store::Inserted> insert(Store& store, Submission submission,
                                      std::optional<IdempotencyKey> key = std::nullopt) {
  const auto promise = std::make_shared<std::promise<Result<Store::Inserted>>>();
  store.insert(
      std::move(submission), std::move(key), nullptr,
      [promise](Result<Store::Inserted> result) { promise->set_value(std::move(result)); });
  return promise->get_future().get();
}

inline Status finish(Store& store, const SubmissionId& id, int attempt,
                     Outcome outcome = test_outcome(), std::vector<Object> objects = {}) {
  const auto promise = std::make_shared<std::promise<Status>>();
  store.finish(id, attempt, std::move(outcome), std::move(objects),
               [promise](Result<WallTime> finished) {
                 promise->set_value(finished ? Status(Ok{}) : std::move(finished).error());
               });
  return promise->get_future().get();
}

// By every way there is into each state: 5 are queued, 2 running, 2 finished and 1 cancelled at the
// end, and 2 were removed.
inline void leave_some_in_every_state(Store& store) {
  std::vector<SubmissionId> ids;
  for (int i = 0; i < 12; ++i)
    ids.push_back(insert(store, test_submission())->id);
  for (std::size_t i = 0; i < 8; ++i)
    ASSERT_TRUE(store.start(ids[i]));
  for (std::size_t i = 0; i < 4; ++i)
    ASSERT_TRUE(finish(store, ids[i], 1));
  ASSERT_TRUE(store.cancel(ids[5]));
  ASSERT_TRUE(store.give_back(ids[6], 1));
  ASSERT_EQ(store.expire(WallTime{}, Bytes{0}, 2)->size(), 2U);
}

}  // namespace engine
