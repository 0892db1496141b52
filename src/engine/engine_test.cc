#include "engine/engine.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/testing/house.h"

namespace engine {
namespace {

using testing::Answer;
using testing::bash;
using ::testing::ElementsAre;
using testing::EventLog;
using testing::eventually;
using testing::Gate;
using ::testing::HasSubstr;
using testing::House;
using ::testing::IsEmpty;

const OwnerId kStranger{"bob"};

class EngineTest : public ::testing::Test {
 protected:
  void start() { ASSERT_TRUE(house_.engine->start()); }

  // Before the house, whose threads use them to the last.
  Gate gate_;
  Gate dying_;
  House house_;
  Engine& engine_ = *house_.engine;
};

TEST_F(EngineTest, SubmissionLivesFromQueuedToFinished) {
  const auto id = house_.accept();
  EXPECT_EQ(house_.state(id), State::kQueued);
  EventLog log;
  const auto subscription = house_.listen(id, log);
  house_.clock.advance(std::chrono::seconds{3});
  start();
  const auto record = log.final_record();
  ASSERT_NE(record, nullptr);
  EXPECT_THAT(log.states(), ElementsAre(State::kQueued, State::kRunning, State::kFinished));
  EXPECT_EQ(record->id, id);
  EXPECT_EQ(record->attempt, 1);
  ASSERT_TRUE(record->outcome);
  EXPECT_EQ(record->outcome->verdict, Verdict::kAccepted);
  EXPECT_EQ(record->outcome->phases.queued, std::chrono::seconds{3});
  EXPECT_EQ(record->outcome->language_version, "1");
  const auto found = engine_.find(id, house_.owner);
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->outcome, record->outcome);
  EXPECT_EQ((*found)->finished_at, record->finished_at);
  engine_.stop(Milliseconds{0});
  EXPECT_EQ(house_.queue.counts().leased, 0U);
}

TEST_F(EngineTest, ARunNeedsNoFurtherLookIntoTheStore) {
  const auto id = house_.accept();
  EventLog log;
  const auto subscription = house_.listen(id, log);
  const int before = house_.store.finds();
  start();
  ASSERT_NE(log.final_record(), nullptr);
  EXPECT_EQ(house_.store.finds(), before);
}

TEST_F(EngineTest, NothingIsAcceptedBeforeItIsDurable) {
  house_.store.hold_commits();
  Answer answer;
  engine_.submit(bash(), house_.owner, {}, answer.callback());
  EXPECT_FALSE(answer.came());
  EXPECT_THAT(house_.queue.pushed(), IsEmpty());
  house_.store.release_commits();
  EXPECT_TRUE(answer.wait());
  EXPECT_EQ(house_.queue.pushed().size(), 1U);
}

TEST_F(EngineTest, ItIsQueuedAsSoonAsItCanBeReadAndAcceptedWhenItIsDurable) {
  house_.store.fail_syncs_with({Errc::kUnavailable, "the disk has failed", {}});
  const auto refused = house_.submit(bash());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "the disk has failed");
  EXPECT_EQ(house_.queue.pushed().size(), 1U);
}

TEST_F(EngineTest, StoreAwayIsAnErrorAndNothingIsPushed) {
  house_.store.fail_with({Errc::kUnavailable, "the disk is away", {}});
  const auto refused = house_.submit(bash());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kUnavailable);
  EXPECT_THAT(house_.queue.pushed(), IsEmpty());
  EXPECT_THAT(engine_.problems(), ElementsAre("the disk is away"));
}

TEST_F(EngineTest, WrongRequestIsRefusedAtOnce) {
  Answer answer;
  engine_.submit({}, house_.owner, {}, answer.callback());
  ASSERT_TRUE(answer.came());
  EXPECT_EQ(answer.wait().error().code, Errc::kInvalid);
}

TEST_F(EngineTest, PriorityAndDelayReachTheQueue) {
  auto request = bash();
  request.priority = 7;
  request.delay_ms = 900;
  house_.accept(request);
  const auto pushed = house_.queue.pushed();
  ASSERT_EQ(pushed.size(), 1U);
  EXPECT_EQ(pushed[0].priority, 7);
  EXPECT_EQ(pushed[0].delay, Milliseconds{900});
}

TEST(EngineLimits, FullQueueIsOverloaded) {
  auto options = testing::test_options();
  options.most_queued = 2;
  House house(options);
  house.accept();
  EXPECT_THAT(house.engine->problems(), IsEmpty());
  house.accept();
  const auto refused = house.submit(bash());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kOverloaded);
  EXPECT_THAT(house.engine->problems(), ElementsAre(HasSubstr("queued")));
}

TEST_F(EngineTest, SameKeyAndBodyGiveTheSameSubmission) {
  start();
  const IdempotencyKey key{"k", "digest"};
  const auto first = house_.submit(bash(), key);
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->existed);
  ASSERT_NE(house_.result(first->id), nullptr);
  const auto again = house_.submit(bash(), key);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->existed);
  EXPECT_EQ(again->id, first->id);
  EXPECT_EQ(again->state, State::kFinished);
  EXPECT_EQ(house_.queue.pushed().size(), 1U);
}

TEST_F(EngineTest, SameKeyWithAnotherBodyIsAConflict) {
  ASSERT_TRUE(house_.submit(bash(), IdempotencyKey{"k", "one"}));
  const auto refused = house_.submit(bash(), IdempotencyKey{"k", "two"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kConflict);
}

TEST_F(EngineTest, ConcurrentRequestsWithOneKeyAreOneSubmission) {
  start();
  std::mutex mutex;
  std::set<SubmissionId> ids;
  int fresh = 0;
  {
    std::vector<std::jthread> clients;
    for (int n = 0; n < 8; ++n) {
      clients.emplace_back([&] {
        const auto accepted = house_.submit(bash(), IdempotencyKey{"k", "digest"});
        ASSERT_TRUE(accepted);
        const std::lock_guard lock(mutex);
        ids.insert(accepted->id);
        fresh += !accepted->existed;
      });
    }
  }
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_EQ(fresh, 1);
  EXPECT_EQ(house_.queue.pushed().size(), 1U);
}

TEST_F(EngineTest, StrangerSeesAnUnknownSubmission) {
  const auto id = house_.accept();
  const auto unknown = engine_.find({"never"}, house_.owner);
  const auto strange = engine_.find(id, kStranger);
  ASSERT_FALSE(unknown);
  ASSERT_FALSE(strange);
  EXPECT_EQ(strange.error().code, Errc::kNotFound);
  EXPECT_EQ(strange.error().message, unknown.error().message);
  EXPECT_EQ(engine_.cancel(id, kStranger).error().code, Errc::kNotFound);
  EventLog log;
  EXPECT_EQ(engine_.subscribe(id, kStranger, log.listener()).error().code, Errc::kNotFound);
  EXPECT_THAT(log.events(), IsEmpty());
  EXPECT_EQ(house_.state(id), State::kQueued);
}

TEST_F(EngineTest, LateSubscriberGetsTheRunSoFarAndThenTheRest) {
  house_.runner.play([&](const Submission&, Progress& progress, const std::stop_token& stop) {
    progress.on_phase(Progress::Phase::kRunning, 0);
    progress.on_output(0, sandbox::Stream::kStdout, "hel");
    gate_.arrive();
    gate_.pass(stop);
    progress.on_output(0, sandbox::Stream::kStdout, "lo");
    return testing::FakeRunner::accepted();
  });
  const auto id = house_.accept();
  start();
  ASSERT_TRUE(gate_.wait_for_arrivals(1));
  EventLog log;
  const auto subscription = house_.listen(id, log);
  EXPECT_EQ(log.output(), "hel");
  EXPECT_THAT(log.states(), ElementsAre(State::kRunning));
  gate_.open();
  ASSERT_NE(log.final_record(), nullptr);
  EXPECT_EQ(log.output(), "hello");
}

TEST_F(EngineTest, SubscriberAfterTheEndGetsTheAnswerAtOnce) {
  start();
  const auto id = house_.accept();
  ASSERT_NE(house_.result(id), nullptr);
  EventLog log;
  const auto subscription = house_.listen(id, log);
  ASSERT_EQ(log.events().size(), 1U);
  EXPECT_NE(log.events()[0].record, nullptr);
}

TEST_F(EngineTest, QueuedSubmissionIsCancelled) {
  const auto id = house_.accept();
  EventLog log;
  const auto subscription = house_.listen(id, log);
  ASSERT_TRUE(engine_.cancel(id, house_.owner));
  EXPECT_EQ(house_.queue.counts().waiting, 0U);
  EXPECT_THAT(log.states(), ElementsAre(State::kQueued, State::kCancelled));
  ASSERT_NE(log.final_record(), nullptr);
  EXPECT_EQ(log.final_record()->state, State::kCancelled);
  EXPECT_EQ(engine_.cancel(id, house_.owner).error().code, Errc::kConflict);
  EXPECT_EQ(house_.runner.runs(), 0);
}

TEST_F(EngineTest, RunningSubmissionIsKilledAndCancelled) {
  house_.runner.block_at(gate_);
  const auto id = house_.accept();
  EventLog log;
  const auto subscription = house_.listen(id, log);
  start();
  ASSERT_TRUE(gate_.wait_for_arrivals(1));
  ASSERT_TRUE(engine_.cancel(id, house_.owner));
  EXPECT_EQ(house_.state(id), State::kCancelled);
  EXPECT_THAT(log.states(), ElementsAre(State::kQueued, State::kRunning, State::kCancelled));
  engine_.stop(Milliseconds{0});
  EXPECT_EQ(house_.queue.counts().leased, 0U);
  EXPECT_EQ(house_.queue.counts().waiting, 0U);
}

TEST_F(EngineTest, CancelReturnsOnlyWhenTheRunIsDead) {
  house_.runner.play([&](const Submission&, Progress&, const std::stop_token& stop) {
    gate_.arrive();
    gate_.pass(stop);
    dying_.arrive();
    dying_.pass();
    return Result<Execution>(Error{Errc::kConflict, "stopped", {}});
  });
  const auto id = house_.accept();
  start();
  ASSERT_TRUE(gate_.wait_for_arrivals(1));
  std::atomic<bool> returned = false;
  std::jthread canceller([&] {
    EXPECT_TRUE(engine_.cancel(id, house_.owner));
    returned = true;
  });
  ASSERT_TRUE(dying_.wait_for_arrivals(1));
  EXPECT_FALSE(returned);
  dying_.open();
}

TEST_F(EngineTest, FinishedSubmissionCannotBeCancelled) {
  start();
  const auto id = house_.accept();
  ASSERT_NE(house_.result(id), nullptr);
  EXPECT_EQ(engine_.cancel(id, house_.owner).error().code, Errc::kConflict);
  EXPECT_EQ(house_.state(id), State::kFinished);
}

TEST_F(EngineTest, CancelWinsOverAFinishThatIsNotYetWritten) {
  house_.runner.block_at(gate_);
  start();
  const auto id = house_.accept();
  EventLog log;
  const auto subscription = house_.listen(id, log);
  ASSERT_TRUE(gate_.wait_for_arrivals(1));
  house_.store.hold_commits();
  gate_.open();
  ASSERT_TRUE(eventually([&] { return house_.store.held_commits() == 1; }));
  std::jthread canceller([&] { EXPECT_TRUE(engine_.cancel(id, house_.owner)); });
  // The cancel is written at once; then the finish comes too late, and its outputs are swept.
  EXPECT_TRUE(eventually([&] { return house_.state(id) == State::kCancelled; }));
  house_.store.release_commits();
  canceller.join();
  ASSERT_NE(log.final_record(), nullptr);
  EXPECT_EQ(log.final_record()->state, State::kCancelled);
  ASSERT_TRUE(house_.output.swept().wait_for_arrivals(1));
  EXPECT_THAT(house_.output.attempts(id), IsEmpty());
}

TEST_F(EngineTest, CancelAndFinishRaceToOneEnd) {
  start();
  for (int round = 0; round < 100; ++round) {
    const auto id = house_.accept();
    EventLog log;
    const auto subscription = house_.listen(id, log);
    const bool cancelled = engine_.cancel(id, house_.owner).has_value();
    const auto record = log.final_record();
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(record->state, cancelled ? State::kCancelled : State::kFinished);
    EXPECT_EQ(house_.state(id), record->state);
  }
}

TEST_F(EngineTest, FetchGivesARequestForTheFile) {
  const auto fetched = engine_.fetch("https://example.org/a.sh");
  ASSERT_TRUE(fetched);
  EXPECT_EQ(fetched->file_name, "a.sh");
  EXPECT_TRUE(house_.submit(fetched->request));
  EXPECT_EQ(engine_.fetch("https://example.org/b").error().code, Errc::kPeerFailed);
}

TEST_F(EngineTest, ThousandWaitingClientsAreAllAnswered) {
  std::vector<SubmissionId> ids;
  std::vector<std::unique_ptr<EventLog>> logs;
  std::vector<std::unique_ptr<Engine::Subscription>> subscriptions;
  for (int n = 0; n < 1'000; ++n) {
    ids.push_back(house_.accept());
    logs.push_back(std::make_unique<EventLog>());
    subscriptions.push_back(house_.listen(ids.back(), *logs.back()));
  }
  start();
  for (int n = 0; n < 1'000; ++n) {
    const auto record = logs[static_cast<std::size_t>(n)]->final_record();
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(record->id, ids[static_cast<std::size_t>(n)]);
  }
}

}  // namespace
}  // namespace engine
