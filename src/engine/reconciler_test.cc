#include "engine/reconciler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/testing/house.h"

namespace engine {
namespace {

using testing::bash;
using testing::House;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Submission left_behind(const House& house, std::string id) {
  return {.id = {std::move(id)}, .owner = house.owner, .language = "bash"};
}

TEST(Recovery, EverythingUnfinishedIsRun) {
  House house;
  for (int n = 0; n < 2'500; ++n) {
    house.store.put(left_behind(house, "old-" + std::to_string(n)), State::kQueued, 0);
  }
  house.store.put(left_behind(house, "was-running"), State::kRunning, 1);
  ASSERT_TRUE(house.engine->start());
  ASSERT_NE(house.result({"old-0"}), nullptr);
  ASSERT_NE(house.result({"old-1000"}), nullptr);
  ASSERT_NE(house.result({"old-2499"}), nullptr);
  const auto again = house.result({"was-running"});
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->attempt, 2);
  EXPECT_THAT(house.queue.pushed(), SizeIs(2'501));
}

TEST(Recovery, WhatWasRunningIsQueuedAgain) {
  House house;
  house.store.put(left_behind(house, "was-running"), State::kRunning, 1);
  Reconciler reconciler(house.store, house.queue, house.clock, {});
  ASSERT_TRUE(reconciler.recover());
  EXPECT_EQ(house.state({"was-running"}), State::kQueued);
}

TEST(Recovery, OnlyTheRestOfADelayIsWaitedFor) {
  House house;
  auto delayed = left_behind(house, "delayed");
  delayed.delay = Milliseconds{10'000};
  house.store.put(delayed, State::kQueued, 0);
  house.clock.advance(std::chrono::seconds{4});
  Reconciler reconciler(house.store, house.queue, house.clock,
                        {.delay_ceiling = Milliseconds{20'000}});
  ASSERT_TRUE(reconciler.recover());
  EXPECT_EQ(house.queue.pushed().at(0).delay, Milliseconds{6'000});
}

TEST(Recovery, WallClockThatWentBackDelaysNoLongerThanTheCeiling) {
  House house;
  house.store.put(left_behind(house, "from-the-future"), State::kQueued, 0);
  house.clock.jump_wall(-std::chrono::hours{24 * 30});
  Reconciler reconciler(house.store, house.queue, house.clock,
                        {.delay_ceiling = Milliseconds{20'000}});
  ASSERT_TRUE(reconciler.recover());
  EXPECT_EQ(house.queue.pushed().at(0).delay, Milliseconds{20'000});
}

TEST(Recovery, StoreAwayIsAnError) {
  House house;
  house.store.fail_with({Errc::kUnavailable, "the disk is away", {}});
  EXPECT_FALSE(house.engine->start());
}

TEST(Recovery, FullQueueAtStartIsMadeGoodLater) {
  House house;
  house.store.put(left_behind(house, "was-running"), State::kRunning, 1);
  house.queue.fail_push_with({Errc::kOverloaded, "full", {}});
  ASSERT_TRUE(house.engine->start());
  EXPECT_EQ(house.state({"was-running"}), State::kQueued);
  house.queue.clear_failure();
  EXPECT_NE(house.result({"was-running"}), nullptr);
}

TEST(Reconciler, WhatCouldNotBePushedIsAcceptedAndPushedLater) {
  House house;
  ASSERT_TRUE(house.engine->start());
  house.queue.fail_push_with({Errc::kUnavailable, "the queue is away", {}});
  const auto accepted = house.submit(bash());
  ASSERT_TRUE(accepted);
  EXPECT_THAT(house.queue.pushed(), IsEmpty());
  house.queue.clear_failure();
  EXPECT_NE(house.result(accepted->id), nullptr);
}

}  // namespace
}  // namespace engine
