#include "engine/deliveries.h"

#include <filesystem>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/test_directory.h"
#include "engine/testing/house.h"
#include "store/codec.h"

namespace engine {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::EventLog;
using ::testing::HasSubstr;
using testing::House;
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
  void damage(const SubmissionId& id, int attempt) {
    const std::string name = id.text + "." + std::to_string(attempt) + ".pack";
    std::filesystem::resize_file(directory_.path() + "/spool/" + name, 20);
  }
  // The next life finds that attempt `current` is the one that counts, and that the lease of the
  // earlier life has not run out yet.
  void start_again(const SubmissionId& id, int current) {
    auto options = one_slot();
    options.shared = true;
    start(options);
    house_->output.fail_put_with(std::nullopt);
    put_running(id, current);
    if (put_late_) {
      ASSERT_TRUE(house_->output.put(put_late_->id, put_late_->attempt,
                                     {
                                         {"log.txt", "late"}
      }));
    }
    house_->queue.place(id, {Queue::Place::Kind::kLeased, ""});
    ASSERT_TRUE(house_->engine->start());
  }

  // Whether a cancel comes back while the place of the outputs hangs.
  bool cancels_at_once(const SubmissionId& id) {
    auto cancelled =
        std::async(std::launch::async, [&] { return house_->engine->cancel(id, house_->owner); });
    const bool at_once = cancelled.wait_for(testing::kForever) == std::future_status::ready;
    if (!at_once) hanging_.open();
    return cancelled.get() && at_once && house_->state(id) == State::kCancelled;
  }

  testing::Gate hanging_;  // Before the house, whose threads use it to the last.
  ~DeliveriesTest() override { hanging_.open(); }

  TestDirectory directory_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<House> house_;
  std::optional<Spool::Key> put_late_;  // What the earlier life has put all the same.
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
  EXPECT_THAT(house_->engine->problems(), ElementsAre(HasSubstr(kAway.message)));
  EXPECT_EQ(house_->state(one), State::kRunning);
  house_->output.fail_put_with(std::nullopt);
  ASSERT_NE(first.final_record(), nullptr);
  ASSERT_NE(second.final_record(), nullptr);
  EXPECT_EQ(first.final_record()->outcome->verdict, Verdict::kAccepted);
  EXPECT_EQ(first.final_record()->attempt, 1);
  EXPECT_THAT(house_->output.attempts(one), ElementsAre(1));
  EXPECT_EQ(house_->runner.runs(), 2);
  EXPECT_TRUE(testing::eventually([&] { return house_->engine->problems().empty(); }));
}

TEST_F(DeliveriesTest, AStoreThatIsAwayCostsNoSecondRun) {
  open_spool();
  start();
  ASSERT_TRUE(house_->engine->start());
  EventLog log;
  const auto id = house_->accept();
  const auto watching = house_->listen(id, log);
  ASSERT_TRUE(house_->output.refused().wait_for_arrivals(1));
  house_->store.fail_finishes_with(Error{Errc::kUnavailable, "the database is away", {}});
  house_->output.fail_put_with(std::nullopt);
  ASSERT_TRUE(testing::eventually([&] { return house_->output.attempts(id).contains(1); }));
  house_->store.fail_finishes_with(std::nullopt);
  ASSERT_NE(log.final_record(), nullptr);
  EXPECT_EQ(log.final_record()->attempt, 1);
  EXPECT_EQ(house_->runner.runs(), 1);
  ASSERT_TRUE(testing::eventually([&] { return spool_->keys().empty(); }));
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
  EXPECT_THAT(house_->engine->problems(),
              ElementsAre(AllOf(HasSubstr("the spool is full"), HasSubstr(kAway.message))));
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

TEST_F(DeliveriesTest, ACancelDoesNotWaitForAPlaceThatHangs) {
  open_spool();
  start();
  ASSERT_TRUE(house_->engine->start());
  const auto one = house_->accept();
  const auto two = house_->accept();
  ASSERT_TRUE(testing::eventually([&] { return spool_->keys().size() == 2; }));
  house_->output.fail_put_with(std::nullopt);
  house_->output.hold_puts_at(hanging_);
  ASSERT_TRUE(hanging_.wait_for_arrivals(1));
  EXPECT_TRUE(cancels_at_once(one));
  EXPECT_TRUE(cancels_at_once(two));
  hanging_.open();
  EXPECT_TRUE(testing::eventually([&] { return spool_->keys().empty(); }));
  for (const auto& id : {one, two})
    EXPECT_TRUE(testing::eventually([&] { return house_->output.attempts(id).empty(); }));
}

TEST_F(DeliveriesTest, ACancelDoesNotWaitForTheFirstTryEither) {
  start();
  house_->output.hold_puts_at(hanging_);
  ASSERT_TRUE(house_->engine->start());
  const auto id = house_->accept();
  ASSERT_TRUE(hanging_.wait_for_arrivals(1));
  EXPECT_TRUE(cancels_at_once(id));
  EXPECT_EQ(house_->runner.runs(), 1);
}

TEST_F(DeliveriesTest, AnEarlierLifesCurrentAttemptIsDelivered) {
  open_spool();
  const SubmissionId id{"left"};
  leave_behind(id, 2);
  start_again(id, 2);
  ASSERT_TRUE(testing::eventually([&] { return house_->state(id) == State::kFinished; }));
  EXPECT_THAT(house_->output.attempts(id), ElementsAre(2));
}

// An embedded queue ends with its process: nobody but us can have them.
TEST_F(DeliveriesTest, WhatHasEndedIsNotRunAgainByWhoeverIsAlone) {
  open_spool();
  const SubmissionId ended{"ended"};
  leave_behind(ended, 2);
  start();
  put_running(ended, 2);
  put_running({"lost"}, 1);
  ASSERT_TRUE(house_->engine->start());
  EventLog log;
  const auto watching = house_->listen(ended, log);
  EXPECT_EQ(house_->state(ended), State::kRunning);
  house_->output.fail_put_with(std::nullopt);
  ASSERT_NE(log.final_record(), nullptr);
  EXPECT_EQ(log.final_record()->attempt, 2);
  EXPECT_TRUE(log.final_record()->finished_at);
  EXPECT_THAT(house_->output.attempts(ended), ElementsAre(2));
  ASSERT_NE(house_->result({"lost"}), nullptr);
  EXPECT_EQ(house_->runner.runs(), 1);
  // Counted by the thread that wrote the end down, which others may read before.
  constexpr auto kBoth =
      R"(execution_engine_submissions_total{language="bash",verdict="accepted"} 2)";
  EXPECT_TRUE(
      testing::eventually([&] { return house_->metrics.text().find(kBoth) != std::string::npos; }));
}

TEST_F(DeliveriesTest, WhatCannotBeReadAnyMoreIsRunAgain) {
  open_spool();
  start();
  ASSERT_TRUE(house_->engine->start());
  const auto id = house_->accept();
  ASSERT_TRUE(house_->output.refused().wait_for_arrivals(2)) << "the second is out of the spool";
  damage(id, 1);
  house_->output.fail_put_with(std::nullopt);
  const auto record = house_->result(id);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->attempt, 2);
  EXPECT_EQ(record->outcome->verdict, Verdict::kAccepted);
  EXPECT_TRUE(testing::eventually([&] { return spool_->keys().empty(); }));
  EXPECT_THAT(house_->metrics.text(),
              HasSubstr(R"(execution_engine_attempts_lost_total{cause="host"} 1)"));
}

TEST_F(DeliveriesTest, WhatCannotBeReadAnyMoreOfAnEarlierLifeIsRunAgain) {
  open_spool();
  const SubmissionId id{"left"};
  leave_behind(id, 1);
  damage(id, 1);
  start();
  house_->output.fail_put_with(std::nullopt);
  put_running(id, 1);
  ASSERT_TRUE(house_->engine->start());
  const auto record = house_->result(id);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->attempt, 2);
  EXPECT_EQ(house_->runner.runs(), 1);
  EXPECT_TRUE(testing::eventually([&] { return spool_->keys().empty(); }));
}

// The process may have ended after it had put it, and another one may have swept before that.
TEST_F(DeliveriesTest, AnEarlierLifesOlderAttemptIsDroppedWithWhatItHasPut) {
  open_spool();
  const SubmissionId id{"left"};
  leave_behind(id, 1);
  leave_behind({"gone"}, 1);
  put_late_ = {id, 1};
  start_again(id, 2);
  ASSERT_TRUE(
      testing::eventually([&] { return std::filesystem::is_empty(directory_.path() + "/spool"); }));
  ASSERT_TRUE(testing::eventually([&] { return house_->output.attempts(id).empty(); }));
}

}  // namespace
}  // namespace engine
