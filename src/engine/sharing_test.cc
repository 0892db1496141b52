// One engine among others: what it does when another process has part of the work.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/relay.h"
#include "engine/testing/fake_wire.h"
#include "engine/testing/house.h"

namespace engine {
namespace {

using ::testing::AllOf;
using testing::bash;
using ::testing::ElementsAre;
using testing::EventLog;
using testing::FakeWire;
using testing::Gate;
using ::testing::HasSubstr;
using testing::House;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using testing::test_options;

EngineOptions shared_options(int slots) {
  EngineOptions options = test_options();
  options.slots = slots;
  options.shared = true;
  options.worker = "this one";
  return options;
}

class Sharing : public ::testing::Test {
 protected:
  void open(int slots) {
    house_ = std::make_unique<House>(shared_options(slots), nullptr, &wire_);
    queue_ = &house_->queue;
    store_ = &house_->store;
  }
  void put(const SubmissionId& id, State state, int attempt, std::string language = "bash") {
    store_->put({.id = id, .owner = house_->owner, .language = std::move(language)}, state,
                attempt);
  }
  void finish(const SubmissionId& id, int attempt) {
    Gate finished;
    Outcome outcome;
    outcome.verdict = Verdict::kWrongAnswer;
    store_->finish(id, attempt, std::move(outcome), {}, [&](const auto&) { finished.arrive(); });
    ASSERT_TRUE(finished.wait_for_arrivals(1));
  }
  FakeWire wire_;
  std::unique_ptr<House> house_;
  testing::FakeQueue* queue_ = nullptr;
  testing::FakeStore* store_ = nullptr;
};

TEST_F(Sharing, ListenersHearWhatAnotherProcessDoes) {
  open(0);
  ASSERT_TRUE(store_->announce({"other", "host", 1, {{"bash", "5"}}}));
  ASSERT_TRUE(house_->engine->start());
  const auto id = house_->accept();
  EventLog log;
  const auto watching = house_->listen(id, log);
  ASSERT_TRUE(store_->start(id));
  queue_->tell({Queue::Event::Kind::kActive, id, ""});
  ASSERT_TRUE(log.wait_for_state(State::kRunning));
  queue_->tell({Queue::Event::Kind::kProgress, id, "so far"});
  ASSERT_TRUE(log.wait_until([](const auto& events) { return events.back().bytes == "so far"; }));
  finish(id, 1);
  queue_->tell({Queue::Event::Kind::kCompleted, id, "null"});
  ASSERT_NE(log.final_record(), nullptr);
  EXPECT_EQ(log.final_record()->outcome->verdict, Verdict::kWrongAnswer);
}

TEST_F(Sharing, ProgressAloneSaysThatItRuns) {
  open(0);
  ASSERT_TRUE(store_->announce({"other", "host", 1, {{"bash", "5"}}}));
  ASSERT_TRUE(house_->engine->start());
  const auto id = house_->accept();
  ASSERT_TRUE(store_->start(id));
  EventLog log;
  const auto watching = house_->listen(id, log);
  queue_->tell({Queue::Event::Kind::kProgress, id, "so far"});
  EXPECT_EQ(log.output(), "so far");
  EXPECT_THAT(log.states(), ElementsAre(State::kRunning));
}

TEST_F(Sharing, WhatNoEventToldIsFoundByLooking) {
  open(0);
  const auto hub = std::make_shared<Hub>();
  Runs runs;
  Errands errands;
  Reconciler reconciler(*store_, *queue_, house_->clock, {});
  Relay relay(*store_, *queue_, wire_, *hub, runs, errands, reconciler,
              {.interval = Milliseconds{1}, .batch = 1});
  std::vector<std::unique_ptr<EventLog>> logs;
  std::vector<std::unique_ptr<Hub::Watcher>> watchers;
  for (const char* name : {"a", "b", "c"}) {
    const SubmissionId id{name};
    put(id, State::kRunning, 1);
    logs.push_back(std::make_unique<EventLog>());
    watchers.push_back(std::make_unique<Hub::Watcher>(hub, id, logs.back()->listener()));
    watchers.back()->begin(std::make_shared<Record>(*store_->find(id)));
    finish(id, 1);
  }
  relay.start();
  for (const auto& log : logs)
    EXPECT_NE(log->final_record(), nullptr);
  relay.stop();
}

TEST_F(Sharing, ALanguageIsTakenWhereAnotherWorkerHasIt) {
  open(1);
  ASSERT_TRUE(house_->engine->start());
  auto request = bash();
  request.language = "go";
  EXPECT_THAT(house_->submit(request).error().message, HasSubstr("no worker has now"));
  house_.reset();
  open(1);
  ASSERT_TRUE(store_->announce({"other", "host", 1, {{"go", "1.19"}}}));
  ASSERT_TRUE(house_->engine->start());
  EXPECT_TRUE(house_->submit(request));
  const auto offered = house_->engine->offered();
  EXPECT_EQ(offered.find("go")->version, "1.19");
}

TEST_F(Sharing, AWorkerPassesOnWhatItLacksAndCountsNothing) {
  open(1);
  put({"for another"}, State::kQueued, 0, "go");
  ASSERT_TRUE(house_->engine->start());
  ASSERT_TRUE(testing::eventually([&] { return queue_->hand_back_delays().size() >= 2; }));
  EXPECT_EQ(queue_->counted(), 0);
  EXPECT_EQ(store_->find({"for another"})->attempt, 0);
  EXPECT_EQ(house_->state({"for another"}), State::kQueued);
}

TEST_F(Sharing, TheOldestJobIsSeenHoweverLowItsPriority) {
  open(0);
  const auto says = [&](const std::string& seconds) {
    return HasSubstr("execution_engine_queue_oldest_seconds " + seconds + "\n");
  };
  EXPECT_THAT(house_->metrics.text(), says("0"));
  put({"running"}, State::kRunning, 1);
  house_->clock.advance(std::chrono::seconds{10});
  put({"starving"}, State::kQueued, 0);
  house_->clock.advance(std::chrono::seconds{100});
  put({"young"}, State::kQueued, 0);
  EXPECT_THAT(house_->metrics.text(), says("100"));
}

TEST_F(Sharing, NobodyAliveIsAProblem) {
  open(0);
  ASSERT_TRUE(house_->engine->start());
  EXPECT_THAT(house_->engine->problems(), ElementsAre(HasSubstr("no worker is alive")));
}

TEST_F(Sharing, AWorkerThatStopsIsNoLongerCountedOn) {
  open(1);
  ASSERT_TRUE(house_->engine->start());
  EXPECT_EQ(store_->workers(Milliseconds{60'000})->size(), 1U);
  house_->engine->stop(Milliseconds{0});
  EXPECT_THAT(*store_->workers(Milliseconds{60'000}), IsEmpty());
}

TEST_F(Sharing, AStrangersJobIsRunAndAnsweredWithItsOutcome) {
  open(1);
  ASSERT_TRUE(house_->engine->start());
  queue_->push_request({"strange"}, "echo hello");
  ASSERT_TRUE(testing::eventually([&] { return !queue_->endings().empty(); }));
  EXPECT_THAT(queue_->endings(),
              ElementsAre(AllOf(HasSubstr("outcome of strange at http://host/files/strange/1"))));
  EXPECT_EQ(house_->state({"strange"}), State::kFinished);
}

TEST_F(Sharing, AStrangersJobThatComesAgainIsTheSameSubmission) {
  open(1);
  ASSERT_TRUE(house_->engine->start());
  queue_->push_request({"strange"}, "echo hello");
  ASSERT_TRUE(testing::eventually([&] { return queue_->endings().size() == 1; }));
  queue_->push_request({"strange"}, "echo hello");
  ASSERT_TRUE(testing::eventually([&] { return queue_->endings().size() == 2; }));
  EXPECT_EQ(queue_->endings()[0], queue_->endings()[1]);
  EXPECT_EQ(house_->runner.runs(), 1);
}

TEST_F(Sharing, AStrangersJobThatNobodyCanReadFails) {
  open(1);
  ASSERT_TRUE(house_->engine->start());
  queue_->push_request({"strange"}, "bad");
  ASSERT_TRUE(testing::eventually([&] { return !queue_->endings().empty(); }));
  EXPECT_THAT(queue_->endings(), ElementsAre("failed: nobody can read this"));
  EXPECT_EQ(store_->find({"strange"}).error().code, Errc::kNotFound);
}

TEST_F(Sharing, WhatTheQueueLostIsPushedAgain) {
  open(0);
  put({"lost"}, State::kQueued, 0);
  put({"lost while running"}, State::kRunning, 1);
  put({"done there only"}, State::kRunning, 1);
  put({"waits there"}, State::kQueued, 0);
  queue_->place({"done there only"}, {Queue::Place::Kind::kDone, ""});
  queue_->place({"waits there"}, {Queue::Place::Kind::kWaiting, ""});
  ASSERT_TRUE(house_->engine->start());
  ASSERT_TRUE(testing::eventually([&] { return queue_->pushed().size() == 3; }));
  EXPECT_EQ(queue_->pushed()[0].submission.text, "lost");
  EXPECT_EQ(queue_->pushed()[1].submission.text, "lost while running");
  EXPECT_EQ(queue_->pushed()[2].submission.text, "done there only");
  EXPECT_EQ(house_->state({"lost while running"}), State::kRunning) << "it may still be running";
}

TEST_F(Sharing, WhatFailedInTheQueueIsEndedWithItsReason) {
  open(0);
  put({"stalled"}, State::kRunning, 2);
  queue_->place({"stalled"}, {Queue::Place::Kind::kFailed, "job stalled too often"});
  ASSERT_TRUE(house_->engine->start());
  const auto record = house_->result({"stalled"});
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->outcome->verdict, Verdict::kInternalError);
  EXPECT_EQ(record->outcome->reason, "job stalled too often");
}

TEST_F(Sharing, ACancelElsewhereEndsTheRunHere) {
  open(1);
  Gate gate;
  house_->runner.block_at(gate);
  ASSERT_TRUE(house_->engine->start());
  const auto id = house_->accept();
  ASSERT_TRUE(gate.wait_for_arrivals(1));
  ASSERT_TRUE(store_->cancel(id));
  ASSERT_TRUE(testing::eventually([&] { return !queue_->endings().empty(); }));
  EXPECT_EQ(house_->state(id), State::kCancelled);
}

TEST_F(Sharing, ProgressGoesToTheQueueTogether) {
  open(1);
  house_->runner.play([](const Submission&, Progress& progress, const std::stop_token&) {
    for (const char* piece : {"a", "b", "c"})
      progress.on_output(0, sandbox::Stream::kStdout, piece);
    return Result<Execution>(testing::FakeRunner::accepted());
  });
  ASSERT_TRUE(house_->engine->start());
  ASSERT_NE(house_->result(house_->accept()), nullptr);
  EXPECT_THAT(queue_->progress_told(), ElementsAre("a")) << "no time has passed since";
}

TEST_F(Sharing, AJobsLogTellsItsSteps) {
  open(1);
  int runs = 0;
  house_->runner.play([&](const Submission&, Progress&, const std::stop_token&) {
    if (++runs == 1) return Result<Execution>(Error{Errc::kUnavailable, "no box", {}});
    Execution execution = testing::FakeRunner::accepted();
    execution.outcome.compile.emplace().verdict = Verdict::kAccepted;
    execution.outcome.runs.assign(12, execution.outcome.runs.front());
    execution.outcome.runs[1].verdict = Verdict::kWrongAnswer;
    return Result<Execution>(std::move(execution));
  });
  ASSERT_TRUE(house_->engine->start());
  house_->accept();
  ASSERT_TRUE(testing::eventually([&] { return !queue_->endings().empty(); }));
  const auto lines = queue_->logged();
  ASSERT_EQ(lines.size(), 16U);
  EXPECT_THAT(lines[0], StartsWith("attempt 1, by worker this one on "));
  EXPECT_EQ(lines[1], "attempt 1 was lost: no box");
  EXPECT_THAT(lines[2], StartsWith("attempt 2, by worker this one on "));
  EXPECT_THAT(lines[3], StartsWith("compile: accepted, "));
  EXPECT_THAT(lines[5], StartsWith("test 2 of 12: wrong_answer, "));
  EXPECT_EQ(lines[14], "and 2 more tests");
  EXPECT_EQ(lines[15], "finished: accepted");
}

TEST_F(Sharing, AQueueOfOnesOwnHasNoLog) {
  House house(test_options());
  ASSERT_TRUE(house.engine->start());
  ASSERT_NE(house.result(house.accept()), nullptr);
  EXPECT_THAT(house.queue.logged(), IsEmpty());
}

}  // namespace
}  // namespace engine
