// What was accepted before is answered as then, though there is no room for anything new.
#include "engine/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/testing/house.h"

namespace engine {
namespace {

using testing::bash;
using testing::Gate;
using testing::House;

const IdempotencyKey kKnown{"known", "digest"};

EngineOptions one_slot_and_one_place() {
  EngineOptions options = testing::test_options();
  options.slots = 1;
  options.most_queued = 1;
  return options;
}

class IntakeTest : public ::testing::Test {
 protected:
  // One submission fills the slot, and the other, which has the key, the queue.
  void SetUp() override {
    house_.runner.block_at(gate_);
    ASSERT_TRUE(house_.engine->start());
    house_.accept();
    ASSERT_TRUE(gate_.wait_for_arrivals(1));
    const auto accepted = house_.submit(bash(), kKnown);
    ASSERT_TRUE(accepted);
    known_ = accepted->id;
  }
  ~IntakeTest() override { gate_.open(); }

  void expect_only_the_known_is_answered() {
    EXPECT_EQ(house_.submit(bash()).error().code, Errc::kOverloaded);
    EXPECT_EQ(house_.submit(bash(), IdempotencyKey{"new", "digest"}).error().code,
              Errc::kOverloaded);
    const auto again = house_.submit(bash(), kKnown);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(again->existed);
    EXPECT_EQ(again->id, known_);
    EXPECT_EQ(again->state, State::kQueued);
    const auto other = house_.submit(bash("echo other"), IdempotencyKey{"known", "other"});
    EXPECT_EQ(other.error().code, Errc::kConflict);
  }

  Gate gate_;  // Before the house, whose threads use it to the last.
  House house_{one_slot_and_one_place()};
  SubmissionId known_;
};

TEST_F(IntakeTest, AFullQueueRefusesOnlyWhatIsNew) {
  expect_only_the_known_is_answered();
}

TEST_F(IntakeTest, AFullDiskRefusesOnlyWhatIsNew) {
  ASSERT_TRUE(house_.queue.remove(known_));
  house_.store.fail_inserts_with({Errc::kOverloaded, "the disk is nearly full", {}});
  expect_only_the_known_is_answered();
}

}  // namespace
}  // namespace engine
