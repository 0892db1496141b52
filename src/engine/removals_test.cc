#include "engine/removals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/testing/house.h"

namespace engine {
namespace {

using ::testing::ElementsAre;
using testing::Gate;
using testing::House;
using ::testing::IsEmpty;

const Error kBucketAway{Errc::kUnavailable, "the bucket is away", {}};

class RemovalsTest : public ::testing::Test {
 protected:
  void put_out(const SubmissionId& id, int attempt) {
    ASSERT_TRUE(house_.output.put(id, attempt,
                                  {
                                      {"log.txt", "x"}
    }));
  }
  // Its row is gone, and its outputs are not.
  void owe(const std::string& name) {
    put_out({name}, 1);
    house_.store.owe({name});
  }
  bool has_outputs(const std::string& name) { return !house_.output.attempts({name}).empty(); }
  bool owes_nothing() { return house_.store.owed({}, 1)->empty(); }
  Removals make() { return {house_.store, house_.output, {std::chrono::seconds{3'600}}}; }

  Gate hanging_;  // Before the house, whose threads use it to the last.
  House house_;
};

TEST_F(RemovalsTest, WhatIsOwedGoes) {
  for (int n = 0; n < 250; ++n)
    owe("id-" + std::to_string(n));
  make().pass({});
  for (const char* id : {"id-0", "id-1", "id-249"})
    EXPECT_FALSE(has_outputs(id));
  EXPECT_TRUE(owes_nothing());
}

TEST_F(RemovalsTest, WhatCouldNotBeRemovedIsRemovedLaterByWhoeverComes) {
  for (int n = 0; n < 250; ++n)
    owe("id-" + std::to_string(n));
  house_.output.fail_remove_with(kBucketAway);
  make().pass({});
  EXPECT_TRUE(has_outputs("id-0"));
  house_.output.fail_remove_with(std::nullopt);
  make().pass({});
  EXPECT_TRUE(owes_nothing());
}

// More than fit into a batch, and each pass takes a few of them for the place's being away.
TEST_F(RemovalsTest, WhatCanNeverBeRemovedKeepsNobodyElse) {
  std::set<SubmissionId> for_ever;
  for (int n = 0; n < 120; ++n) {
    const std::string name = "a-" + std::to_string(n);
    owe(name);
    for_ever.insert({name});
  }
  house_.output.keep_for_ever(for_ever);
  owe("z");
  auto removals = make();
  for (int passes = 0; has_outputs("z"); ++passes) {
    ASSERT_LT(passes, 20);
    removals.pass({});
  }
  // And those before them have their turn as well.
  owe("a");
  for (int passes = 0; has_outputs("a"); ++passes) {
    ASSERT_LT(passes, 20);
    removals.pass({});
  }
  EXPECT_EQ(house_.store.owed({}, 1'000)->size(), 120U);
}

// A process ended before it swept what the first attempt had put out.
TEST_F(RemovalsTest, WhatIsOwedOfOneThatStaysIsWhatDoesNotCount) {
  const SubmissionId id{"second"};
  house_.store.put({.id = id, .owner = house_.owner, .language = "bash"}, State::kRunning, 2);
  put_out(id, 1);
  put_out(id, 2);
  Gate finished;
  house_.store.finish(id, 2, {}, {}, [&](const auto&) { finished.arrive(); });
  ASSERT_TRUE(finished.wait_for_arrivals(1));
  make().pass({});
  EXPECT_THAT(house_.output.attempts(id), ElementsAre(2));
  EXPECT_TRUE(owes_nothing());
}

TEST_F(RemovalsTest, WhatIsAskedForGoesAtOnceOrElseWithAPass) {
  auto removals = make();
  removals.start();
  put_out({"one"}, 1);
  removals.soon({"one"});
  EXPECT_TRUE(house_.output.swept().wait_for_arrivals(1));
  house_.output.fail_remove_with(kBucketAway);
  put_out({"two"}, 1);
  removals.soon({"two"});
  removals.stop();
  EXPECT_FALSE(has_outputs("one"));
  EXPECT_TRUE(has_outputs("two"));
}

TEST_F(RemovalsTest, WhatFailedIsTriedAgainWithTheNextPass) {
  auto removals = make();
  house_.output.fail_remove_with(kBucketAway);
  put_out({"one"}, 1);
  removals.soon({"one"});
  removals.pass({});
  EXPECT_TRUE(has_outputs("one"));
  house_.output.fail_remove_with(std::nullopt);
  removals.pass({});
  EXPECT_FALSE(has_outputs("one"));
}

TEST_F(RemovalsTest, APlaceThatHangsHoldsUpNeitherRepeatsNorRetention) {
  house_.output.hold_removals_at(hanging_);
  ASSERT_TRUE(house_.engine->start());
  const IdempotencyKey key{"key", "digest"};
  const auto first = house_.submit(testing::bash(), key);
  ASSERT_TRUE(first);
  ASSERT_NE(house_.result(first->id), nullptr);
  house_.store.put({.id = {"again"}, .owner = house_.owner, .language = "bash"}, State::kQueued, 1);
  ASSERT_TRUE(house_.queue.push({.submission = {"again"}}));
  ASSERT_NE(house_.result({"again"}), nullptr);  // Its first attempt may have put something out.
  ASSERT_TRUE(hanging_.wait_for_arrivals(1));
  const auto repeated = house_.submit(testing::bash(), key);
  ASSERT_TRUE(repeated);
  EXPECT_TRUE(repeated->existed);
  house_.clock.advance(std::chrono::hours{24 * 8});
  house_.store.fail_inserts_with({Errc::kOverloaded, "the disk is nearly full", {}});
  EXPECT_FALSE(house_.submit(testing::bash()));
  EXPECT_TRUE(testing::eventually([&] { return house_.store.counts()->stored == Bytes{0}; }));
  hanging_.open();
}

}  // namespace
}  // namespace engine
