// How attempts end when something goes wrong: the host, the lease, the store, the engine itself.
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/testing/house.h"

namespace engine {
namespace {

using testing::bash;
using ::testing::ElementsAre;
using testing::EventLog;
using testing::eventually;
using testing::FakeRunner;
using testing::Gate;
using ::testing::HasSubstr;
using testing::House;
using ::testing::IsEmpty;

class AttemptsTest : public ::testing::Test {
 protected:
  void start() { ASSERT_TRUE(house_.engine->start()); }

  // Fails so often, then accepts.
  void fail_runs(int times, Error error) {
    house_.runner.play([left = std::make_shared<std::atomic<int>>(times), error](
                           const Submission&, Progress&, std::stop_token) -> Result<Execution> {
      if ((*left)-- > 0) return error;
      return FakeRunner::accepted();
    });
  }

  // Before the house, whose threads use them to the last.
  Gate gate_;
  std::atomic<int> runs_ = 0;
  House house_;
  Engine& engine_ = *house_.engine;
};

TEST_F(AttemptsTest, HostFailureIsTriedAgain) {
  fail_runs(2, {Errc::kUnavailable, "no box", {}});
  const auto id = house_.accept();
  EventLog log;
  const auto subscription = house_.listen(id, log);
  start();
  const auto record = log.final_record();
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->attempt, 3);
  EXPECT_EQ(record->outcome->verdict, Verdict::kAccepted);
  EXPECT_THAT(log.states(),
              ElementsAre(State::kQueued, State::kRunning, State::kQueued, State::kRunning,
                          State::kQueued, State::kRunning, State::kFinished));
  EXPECT_THAT(house_.queue.hand_back_delays(), ElementsAre(Milliseconds{1}, Milliseconds{2}));
  EXPECT_THAT(house_.metrics.text(),
              HasSubstr(R"(execution_engine_attempts_lost_total{cause="host"} 2)"));
}

TEST_F(AttemptsTest, ThirdLostAttemptIsAnInternalErrorWithItsReason) {
  fail_runs(99, {Errc::kUnavailable, "no box", {}});
  start();
  const auto id = house_.accept();
  const auto record = house_.result(id);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->attempt, 3);
  EXPECT_EQ(record->outcome->verdict, Verdict::kInternalError);
  EXPECT_EQ(record->outcome->reason, "no box");
  EXPECT_EQ(*house_.engine->read(record->id, record->attempt, record->outcome->log_object),
            "The engine could not run this: no box\n");
  EXPECT_EQ(house_.runner.runs(), 3);
}

TEST_F(AttemptsTest, AHostThatGivesNoBoxUsesUpNoAttempt) {
  house_.runner.withhold_boxes(Error{Errc::kUnavailable, "the container engine is away", {}});
  const auto id = house_.accept();
  EventLog log;
  const auto subscription = house_.listen(id, log);
  start();
  ASSERT_TRUE(eventually([&] { return house_.queue.hand_back_delays().size() >= 5; }));
  EXPECT_THAT(engine_.problems(),
              ElementsAre("runs fail on this host: the container engine is away"));
  house_.runner.withhold_boxes(std::nullopt);
  const auto record = log.final_record();
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->attempt, 1);
  EXPECT_EQ(record->outcome->verdict, Verdict::kAccepted);
  EXPECT_THAT(log.states(), ElementsAre(State::kQueued, State::kRunning, State::kFinished));
  EXPECT_THAT(house_.metrics.text(),
              ::testing::Not(HasSubstr("execution_engine_attempts_lost_total{")));
}

TEST_F(AttemptsTest, WhatNoHostWillEverGiveUsesUpTheAttempts) {
  house_.runner.withhold_boxes(Error{Errc::kInvalid, "no such image", {}});
  start();
  const auto record = house_.result(house_.accept());
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->attempt, 3);
  EXPECT_EQ(record->outcome->verdict, Verdict::kInternalError);
  EXPECT_EQ(record->outcome->reason, "no such image");
}

TEST_F(AttemptsTest, CancelledWhileItWaitsForABox) {
  house_.runner.withhold_boxes(Error{Errc::kUnavailable, "no box", {}});
  start();
  const auto id = house_.accept();
  ASSERT_TRUE(eventually([&] { return !house_.queue.hand_back_delays().empty(); }));
  EXPECT_TRUE(engine_.cancel(id, house_.owner));
  house_.runner.withhold_boxes(std::nullopt);
  ASSERT_TRUE(eventually([&] { return house_.queue.counts().leased == 0; }));
  EXPECT_EQ(house_.state(id), State::kCancelled);
  EXPECT_EQ(house_.runner.runs(), 0);
}

TEST_F(AttemptsTest, TroubleOfTheHostIsReportedUntilARunGoesWell) {
  fail_runs(3, {Errc::kUnavailable, "no box", {}});
  start();
  house_.result(house_.accept());
  EXPECT_THAT(engine_.problems(), ElementsAre("runs fail on this host: no box"));
  house_.clock.advance(std::chrono::seconds{31});
  EXPECT_THAT(engine_.problems(), IsEmpty());
  fail_runs(1, {Errc::kUnavailable, "no box", {}});
  house_.result(house_.accept());
  EXPECT_THAT(engine_.problems(), IsEmpty());
}

TEST_F(AttemptsTest, ExceptionCostsTheAttemptAndNotTheWorker) {
  house_.runner.play(
      [](const Submission& submission, Progress&, std::stop_token) -> Result<Execution> {
        if (submission.args.empty()) throw std::logic_error("a bug");
        return FakeRunner::accepted();
      });
  start();
  const auto broken = house_.result(house_.accept());
  ASSERT_NE(broken, nullptr);
  EXPECT_EQ(broken->outcome->verdict, Verdict::kInternalError);
  EXPECT_THAT(broken->outcome->reason, HasSubstr("a bug"));
  for (int n = 0; n < 4; ++n) {
    auto request = bash();
    request.args = {"fine"};
    const auto fine = house_.result(house_.accept(request));
    ASSERT_NE(fine, nullptr);
    EXPECT_EQ(fine->outcome->verdict, Verdict::kAccepted);
  }
}

TEST_F(AttemptsTest, OutputThatCannotBeKeptCostsTheAttempt) {
  house_.output.fail_put_with(Error{Errc::kOverloaded, "the disk is full", {}});
  start();
  const auto record = house_.result(house_.accept());
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->outcome->verdict, Verdict::kInternalError);
  EXPECT_EQ(record->outcome->reason, "the disk is full");
}

TEST_F(AttemptsTest, OutputsOfLostAttemptsAreSwept) {
  const auto id = house_.accept();
  ASSERT_TRUE(house_.output.put(id, 1,
                                {
                                    {"log.txt", "of a lost attempt"}
  }));
  fail_runs(1, {Errc::kUnavailable, "no box", {}});
  start();
  ASSERT_NE(house_.result(id), nullptr);
  ASSERT_TRUE(house_.output.swept().wait_for_arrivals(1));
  EXPECT_THAT(house_.output.attempts(id), ElementsAre(2));
}

TEST_F(AttemptsTest, LostLeaseStopsTheRunAndDropsItsResult) {
  house_.runner.play([&](const Submission&, Progress&, const std::stop_token& stop) {
    if (++runs_ == 1) {
      gate_.arrive();
      gate_.pass(stop);  // Only the lost lease ends it.
      auto late = FakeRunner::accepted();
      late.outcome.verdict = Verdict::kWrongAnswer;
      return Result<Execution>(std::move(late));
    }
    return Result<Execution>(FakeRunner::accepted());
  });
  const auto id = house_.accept();
  EventLog log;
  const auto subscription = house_.listen(id, log);
  start();
  ASSERT_TRUE(gate_.wait_for_arrivals(1));
  house_.queue.lose_leases();
  const auto record = log.final_record();
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->attempt, 2);
  EXPECT_EQ(record->outcome->verdict, Verdict::kAccepted);
  EXPECT_TRUE(eventually([&] {
    return house_.metrics.text().find(R"(attempts_lost_total{cause="lease"} 1)") !=
           std::string::npos;
  }));
  EXPECT_THAT(house_.metrics.text(), HasSubstr("leases_lost_total 1"));
}

TEST_F(AttemptsTest, LateResultIsRefused) {
  house_.runner.block_at(gate_);
  const auto id = house_.accept();
  EventLog log;
  const auto subscription = house_.listen(id, log);
  start();
  ASSERT_TRUE(gate_.wait_for_arrivals(1));
  // As if this process slept past its lease, and another worker began the next attempt meanwhile.
  ASSERT_EQ(house_.store.start(id)->attempt, 2);
  gate_.open();
  ASSERT_TRUE(house_.output.swept().wait_for_arrivals(1));
  EXPECT_EQ(house_.state(id), State::kRunning);
  EXPECT_THAT(log.states(), ElementsAre(State::kQueued, State::kRunning));
}

TEST_F(AttemptsTest, PoisonThatKilledTheEngineThriceIsNotRunAgain) {
  const SubmissionId id{"poison"};
  house_.store.put({.id = id, .owner = house_.owner, .language = "bash"}, State::kRunning, 3);
  start();
  const auto record = house_.result(id);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->outcome->verdict, Verdict::kInternalError);
  EXPECT_THAT(record->outcome->reason, HasSubstr("3 attempts"));
  EXPECT_EQ(house_.runner.runs(), 0);
}

TEST_F(AttemptsTest, LanguageThatIsGoneIsAHostFailure) {
  const SubmissionId id{"old"};
  house_.store.put({.id = id, .owner = house_.owner, .language = "go"}, State::kQueued, 0);
  start();
  const auto record = house_.result(id);
  ASSERT_NE(record, nullptr);
  EXPECT_THAT(record->outcome->reason, HasSubstr("no longer usable"));
}

TEST_F(AttemptsTest, StoreAwayInTheMiddleLosesNothing) {
  house_.runner.block_at(gate_);
  const auto id = house_.accept();
  EventLog log;
  const auto subscription = house_.listen(id, log);
  start();
  ASSERT_TRUE(gate_.wait_for_arrivals(1));
  house_.store.fail_with({Errc::kUnavailable, "the disk is away", {}});
  gate_.open();
  // The finish fails, and so does every new start, until the store is back.
  ASSERT_TRUE(eventually([&] { return house_.queue.hand_back_delays().size() >= 3; }));
  house_.store.clear_failure();
  const auto record = log.final_record();
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->outcome->verdict, Verdict::kAccepted);
  EXPECT_EQ(record->attempt, 2);
  EXPECT_THAT(house_.metrics.text(), HasSubstr(R"(attempts_lost_total{cause="store"} 1)"));
}

TEST_F(AttemptsTest, StopLetsRunsEnd) {
  house_.runner.block_at(gate_);
  const auto id = house_.accept();
  start();
  ASSERT_TRUE(gate_.wait_for_arrivals(1));
  std::jthread opener([&] {
    EXPECT_TRUE(eventually([&] { return !engine_.problems().empty(); }));
    gate_.open();
  });
  engine_.stop(std::chrono::duration_cast<Milliseconds>(testing::kForever));
  EXPECT_EQ(house_.state(id), State::kFinished);
}

TEST_F(AttemptsTest, StopHandsBackWhatDoesNotEnd) {
  house_.runner.block_at(gate_);
  const auto id = house_.accept();
  start();
  ASSERT_TRUE(gate_.wait_for_arrivals(1));
  const auto waiting = house_.accept();
  const auto also_waiting = house_.accept();
  engine_.stop(Milliseconds{0});
  EXPECT_EQ(house_.state(id), State::kQueued);
  EXPECT_EQ(house_.state(waiting), State::kQueued);
  EXPECT_EQ(house_.state(also_waiting), State::kQueued);
  EXPECT_EQ(house_.queue.counts().leased, 0U);
  EXPECT_EQ(house_.submit(bash()).error().code, Errc::kUnavailable);
}

TEST_F(AttemptsTest, StopWaitsForWhatIsBeingWritten) {
  house_.runner.block_at(gate_);
  start();
  const auto id = house_.accept();
  ASSERT_TRUE(gate_.wait_for_arrivals(1));
  house_.store.hold_commits();
  gate_.open();
  std::jthread releaser([&] {
    EXPECT_TRUE(eventually([&] { return !engine_.problems().empty(); }));
    house_.store.release_commits();
  });
  engine_.stop(Milliseconds{0});
  EXPECT_NE(house_.state(id), State::kRunning);
  EXPECT_EQ(house_.queue.counts().leased, 0U);
}

}  // namespace
}  // namespace engine
