#include "engine/retention.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/testing/house.h"

namespace engine {
namespace {

using testing::House;

constexpr std::chrono::seconds kAge{100};

class RetentionTest : public ::testing::Test {
 protected:
  void put_finished(int count) {
    for (int n = 0; n < count; ++n) {
      const SubmissionId id{"id-" + std::to_string(n)};
      house_.store.put({.id = id, .owner = house_.owner, .language = "bash"}, State::kQueued, 0);
      ASSERT_TRUE(house_.store.cancel(id));
    }
  }
  std::int64_t kept() { return house_.store.counts()->stored.count; }

  Retention make(Bytes bytes) {
    return {
        house_.store, house_.clock, {kAge, bytes, std::chrono::seconds{3'600}}
    };
  }

  House house_;
};

TEST_F(RetentionTest, OldSubmissionsGoAndTheirOutputsAreOwed) {
  put_finished(250);
  auto retention = make(1_GiB);
  house_.clock.advance(kAge);
  retention.sweep({});
  EXPECT_EQ(kept(), 250);
  house_.clock.advance(std::chrono::seconds{1});
  retention.sweep({});
  EXPECT_EQ(kept(), 0);
  EXPECT_EQ(house_.store.owed({}, 1'000)->size(), 250U);
}

TEST_F(RetentionTest, OldestGoWhenThereIsTooMuch) {
  put_finished(250);
  auto retention = make(Bytes{20});
  retention.sweep({});
  EXPECT_EQ(kept(), 20);
  EXPECT_FALSE(house_.store.find({"id-0"}));
  EXPECT_TRUE(house_.store.find({"id-249"}));
}

TEST_F(RetentionTest, UnfinishedSubmissionsStay) {
  house_.store.put({.id = {"queued"}, .owner = house_.owner, .language = "bash"}, State::kQueued,
                   0);
  house_.clock.advance(2 * kAge);
  auto retention = make(Bytes{0});
  retention.sweep({});
  EXPECT_EQ(kept(), 1);
}

TEST_F(RetentionTest, WakesBeforeItsTimeAndStopsAtOnce) {
  auto retention = make(1_GiB);
  retention.start();
  put_finished(1);
  house_.clock.advance(2 * kAge);
  retention.wake();
  EXPECT_TRUE(testing::eventually([&] { return kept() == 0; }));
  retention.stop();
}

TEST_F(RetentionTest, StoreWithoutRoomWakesIt) {
  put_finished(1);
  ASSERT_TRUE(house_.engine->start());
  house_.clock.advance(std::chrono::hours{24 * 8});
  house_.store.fail_inserts_with({Errc::kOverloaded, "the disk is nearly full", {}});
  EXPECT_EQ(house_.submit(testing::bash()).error().code, Errc::kOverloaded);
  EXPECT_TRUE(house_.output.swept().wait_for_arrivals(1));
}

}  // namespace
}  // namespace engine
