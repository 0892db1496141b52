#include "engine/deliveries.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/test_directory.h"
#include "engine/testing/house.h"
#include "store/codec.h"

namespace engine {
namespace {

using ::testing::ElementsAre;
using testing::EventLog;
using ::testing::HasSubstr;
using testing::House;
using ::testing::IsEmpty;
using testing::test_options;

const Error kAway{Errc::kUnavailable, "the bucket is away", {}};

EngineOptions one_slot() {
  EngineOptions options = test_options();
  options.slots = 1;
  return options;
}

class DeliveriesTest : public ::testing::Test {
 protected:
  void open_spool(Bytes most = 1_MiB) {
    auto opened = Spool::open(directory_.path() + "/spool", most);
    ASSERT_TRUE(opened) << opened.error().message;
    spool_ = *std::move(opened);
  }
  void start(EngineOptions options = one_slot()) {
    house_ = std::make_unique<House>(std::move(options), spool_.get());
    house_->output.fail_put_with(kAway);
  }

  // As an attempt of an earlier life left it.
  void leave_behind(const SubmissionId& id, int attempt) {
    Execution execution = testing::FakeRunner::accepted();
    execution.objects.push_back({"outcome", encode(execution.outcome)});
    ASSERT_TRUE(spool_->put({id, attempt}, execution.objects));
  }
  void put_running(const SubmissionId& id, int attempt) {
    house_->store.put({.id = id, .owner = house_->owner, .language = "bash"}, State::kRunning,
                      attempt);
  }
  // The next life finds that attempt `current` is the one that counts, and that the lease of the
  // earlier life has not run out yet.
  void start_again(const SubmissionId& id, int current) {
    auto options = one_slot();
    options.shared = true;
    start(options);
    house_->output.fail_put_with(std::nullopt);
    put_running(id, current);
    house_->queue.place(id, {Queue::Place::Kind::kLeased, ""});
    ASSERT_TRUE(house_->engine->start());
  }

  TestDirectory directory_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<House> house_;
};

TEST_F(DeliveriesTest, WhatCannotBePutIsDeliveredLaterAndHoldsNoSlot) {
  open_spool();
  start();
  ASSERT_TRUE(house_->engine->start());
  EventLog first;
  const auto one = house_->accept();
  const auto watching = house_->listen(one, first);
  const auto two = house_->accept();
  EventLog second;
  const auto watching_too = house_->listen(two, second);
  ASSERT_TRUE(second.wait_for_state(State::kRunning)) << "the only slot is free again";
  EXPECT_EQ(house_->state(one), State::kRunning);
  house_->output.fail_put_with(std::nullopt);
  ASSERT_NE(first.final_record(), nullptr);
  ASSERT_NE(second.final_record(), nullptr);
  EXPECT_EQ(first.final_record()->outcome->verdict, Verdict::kAccepted);
  EXPECT_EQ(first.final_record()->attempt, 1);
  EXPECT_THAT(house_->output.attempts(one), ElementsAre(1));
  EXPECT_EQ(house_->runner.runs(), 2);
}

TEST_F(DeliveriesTest, AFullSpoolStopsTheTakingOfWork) {
  open_spool(Bytes{1});
  start();
  ASSERT_TRUE(house_->engine->start());
  EventLog log;
  const auto one = house_->accept();
  const auto watching = house_->listen(one, log);
  ASSERT_TRUE(log.wait_for_state(State::kRunning));
  const auto two = house_->accept();
  ASSERT_TRUE(testing::eventually([&] { return !house_->engine->problems().empty(); }));
  EXPECT_THAT(house_->engine->problems(), ElementsAre(HasSubstr("the spool is full")));
  EXPECT_EQ(house_->state(two), State::kQueued);
  house_->output.fail_put_with(std::nullopt);
  EXPECT_NE(house_->result(one), nullptr);
  EXPECT_NE(house_->result(two), nullptr);
}

TEST_F(DeliveriesTest, WithoutASpoolTheAttemptIsLost) {
  start();
  ASSERT_TRUE(house_->engine->start());
  const auto record = house_->result(house_->accept());
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->outcome->verdict, Verdict::kInternalError);
  EXPECT_EQ(record->outcome->reason, kAway.message);
  EXPECT_EQ(record->attempt, 3);
}

TEST_F(DeliveriesTest, ACancelDoesNotWaitForThePlaceToComeBack) {
  open_spool();
  start();
  ASSERT_TRUE(house_->engine->start());
  EventLog log;
  const auto id = house_->accept();
  const auto watching = house_->listen(id, log);
  ASSERT_TRUE(log.wait_for_state(State::kRunning));
  ASSERT_TRUE(house_->engine->cancel(id, house_->owner));
  EXPECT_EQ(house_->state(id), State::kCancelled);
}

TEST_F(DeliveriesTest, AnEarlierLifesCurrentAttemptIsDelivered) {
  open_spool();
  const SubmissionId id{"left"};
  leave_behind(id, 2);
  start_again(id, 2);
  ASSERT_TRUE(testing::eventually([&] { return house_->state(id) == State::kFinished; }));
  EXPECT_THAT(house_->output.attempts(id), ElementsAre(2));
}

TEST_F(DeliveriesTest, AnEarlierLifesOlderAttemptIsDropped) {
  open_spool();
  const SubmissionId id{"left"};
  leave_behind(id, 1);
  leave_behind({"gone"}, 1);
  start_again(id, 2);
  ASSERT_TRUE(
      testing::eventually([&] { return std::filesystem::is_empty(directory_.path() + "/spool"); }));
  EXPECT_THAT(house_->output.attempts(id), IsEmpty());
}

}  // namespace
}  // namespace engine
