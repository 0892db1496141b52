// The contract of Store: what becomes of a submission's attempts.
#include <latch>
#include <thread>

#include <gtest/gtest.h>

#include "store/store_contract.h"

namespace engine {
namespace {

using namespace std::string_literals;
using std::chrono::hours;

TEST_P(StoreContract, StartCountsAttempts) {
  const auto id = add();
  clock_.pass(hours{1});
  const auto started = store_->start(id);
  ASSERT_TRUE(started);
  const auto record = store_->find(id);
  EXPECT_EQ(*started, *record);
  EXPECT_EQ(record->state, State::kRunning);
  EXPECT_EQ(record->attempt, 1);
  EXPECT_EQ(*record->started_at, clock_.wall());
  ASSERT_TRUE(store_->give_back(id, 1));
  EXPECT_EQ(state_of(id), State::kQueued);
  EXPECT_EQ(store_->start(id)->attempt, 2);
}

TEST_P(StoreContract, WhatAKilledEngineLeftRunningStartsAnew) {
  const auto id = add_started();
  EXPECT_EQ(store_->start(id)->attempt, 2);
  EXPECT_EQ(state_of(id), State::kRunning);
  EXPECT_EQ(finish(*store_, id, 1).error().code, Errc::kConflict);
  EXPECT_EQ(store_->give_back(id, 1).error().code, Errc::kConflict);
  EXPECT_TRUE(finish(*store_, id, 2));
  EXPECT_EQ(store_->counts()->running, 0);
}

TEST_P(StoreContract, FinishKeepsTheOutcome) {
  const auto id = add_started();
  clock_.pass(hours{2});
  const Outcome outcome = test_outcome("\xff any bytes \0"s);
  ASSERT_TRUE(finish(*store_, id, 1, outcome));
  const auto record = store_->find(id);
  EXPECT_EQ(record->state, State::kFinished);
  EXPECT_EQ(*record->finished_at, clock_.wall());
  EXPECT_EQ(*record->outcome, outcome);
  EXPECT_TRUE(store_->load(id));
}

TEST_P(StoreContract, KeepsSmallOutputsWithTheirSubmission) {
  const auto id = add_started();
  ASSERT_TRUE(finish(*store_, id, 1, test_outcome(),
                     {
                         {"log.txt",           "zero \0 inside"s},
                         {"runs/0/stdout.txt", ""               }
  }));
  EXPECT_EQ(*store_->object(id, 1, "log.txt"), "zero \0 inside"s);
  EXPECT_EQ(*store_->object(id, 1, "runs/0/stdout.txt"), "");
  EXPECT_EQ(store_->object(id, 1, "log").error().code, Errc::kNotFound);
  EXPECT_EQ(store_->object(id, 2, "log.txt").error().code, Errc::kNotFound);
  EXPECT_EQ(store_->object(add_started(), 1, "log.txt").error().code, Errc::kNotFound);
  ASSERT_EQ(store_->expire(clock_.wall() + hours{1}, kKeepAll, 10)->size(), 1U);
  EXPECT_EQ(store_->object(id, 1, "log.txt").error().code, Errc::kNotFound);
}

TEST_P(StoreContract, AFinishThatComesTooLateLeavesNoOutputs) {
  const auto id = add_started();
  ASSERT_TRUE(finish(*store_, id, 1));
  EXPECT_EQ(finish(*store_, id, 1, test_outcome(),
                   {
                       {"log.txt", "late"}
  })
                .error()
                .code,
            Errc::kConflict);
  EXPECT_EQ(store_->object(id, 1, "log.txt").error().code, Errc::kNotFound);
}

TEST_P(StoreContract, TheFirstFinishWins) {
  const auto id = add_started();
  ASSERT_TRUE(finish(*store_, id, 1, test_outcome("first")));
  EXPECT_EQ(finish(*store_, id, 1, test_outcome("second")).error().code, Errc::kConflict);
  EXPECT_EQ(*store_->find(id)->outcome, test_outcome("first"));
}

TEST_P(StoreContract, OnlyTheCurrentAttemptMayFinish) {
  const auto id = add();
  EXPECT_EQ(finish(*store_, id, 0).error().code, Errc::kConflict);  // Nothing has begun.
  ASSERT_TRUE(store_->start(id));
  EXPECT_EQ(finish(*store_, id, 2).error().code, Errc::kConflict);
  ASSERT_TRUE(store_->give_back(id, 1));
  EXPECT_EQ(finish(*store_, id, 1).error().code, Errc::kConflict);
  EXPECT_EQ(store_->give_back(id, 1).error().code, Errc::kConflict);
  EXPECT_EQ(state_of(id), State::kQueued);
}

TEST_P(StoreContract, WhatIsOverStaysSo) {
  const auto finished = add_finished();
  const auto cancelled = add();
  ASSERT_TRUE(store_->cancel(cancelled));
  for (const auto& id : {finished, cancelled}) {
    const State state = state_of(id);
    EXPECT_EQ(store_->start(id).error().code, Errc::kConflict);
    EXPECT_EQ(store_->cancel(id).error().code, Errc::kConflict);
    EXPECT_EQ(store_->give_back(id, 1).error().code, Errc::kConflict);
    EXPECT_EQ(finish(*store_, id, 1).error().code, Errc::kConflict);
    EXPECT_EQ(state_of(id), state);
  }
}

TEST_P(StoreContract, CancelsWhatWaitsAndWhatRuns) {
  const auto waiting = add();
  const auto running = add_started();
  for (const auto& id : {waiting, running}) {
    ASSERT_TRUE(store_->cancel(id));
    EXPECT_EQ(state_of(id), State::kCancelled);
    EXPECT_EQ(*store_->find(id)->finished_at, clock_.wall());
  }
  EXPECT_EQ(store_->counts()->queued + store_->counts()->running, 0);
}

TEST_P(StoreContract, CancelAndFinishAtOnceHaveOneWinner) {
  for (int i = 0; i < 30; ++i) {
    const auto id = add_started();
    std::latch together(2);
    bool cancelled = false;
    std::jthread canceller([&] {
      together.arrive_and_wait();
      cancelled = static_cast<bool>(store_->cancel(id));
    });
    together.arrive_and_wait();
    const bool finished = static_cast<bool>(finish(*store_, id, 1));
    canceller.join();
    ASSERT_NE(cancelled, finished);
    ASSERT_EQ(state_of(id), finished ? State::kFinished : State::kCancelled);
    ASSERT_EQ(store_->find(id)->outcome.has_value(), finished);
  }
}

TEST_P(StoreContract, ManyAttemptsToFinishHaveOneWinner) {
  const auto id = add_started();
  std::atomic<int> winners = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&] { winners += finish(*store_, id, 1) ? 1 : 0; });
  }
  EXPECT_EQ(winners, 1);
}

}  // namespace
}  // namespace engine
