#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>

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
  store.insert(std::move(submission), std::move(key), [promise](Result<Store::Inserted> result) {
    promise->set_value(std::move(result));
  });
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

}  // namespace engine
