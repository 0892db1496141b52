// What the embedded queue does as time passes, with a clock that stands still until it is moved.
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "queue/queue.h"

namespace engine {
namespace {

constexpr Milliseconds kNow{0};
constexpr Milliseconds kLease{100};

class HandClock final : public Clock {
 public:
  WallTime wall() const override { return {}; }
  SteadyTime steady() const override { return SteadyTime{} + Milliseconds{now_.load()}; }
  void pass(Milliseconds time) { now_ += time.count(); }

 private:
  std::atomic<std::int64_t> now_ = 1'000;
};

class EmbeddedQueueInTime : public testing::Test {
 protected:
  void push(const std::string& id, int priority = 0, Milliseconds delay = kNow) {
    ASSERT_TRUE(queue_->push({.submission = {id}, .priority = priority, .delay = delay}));
  }
  std::string take() {
    const auto lease = queue_->take(kNow);
    return lease ? lease->submission.text : "";
  }

  HandClock clock_;
  std::unique_ptr<Queue> queue_ = make_embedded_queue({.lease = kLease}, clock_);
};

TEST_F(EmbeddedQueueInTime, ALostLeaseComesBackAndItsHolderIsRefused) {
  push("a");
  const auto lost = queue_->take(kNow);
  clock_.pass(kLease - Milliseconds{1});
  EXPECT_EQ(take(), "");
  clock_.pass(Milliseconds{1});
  EXPECT_EQ(take(), "a");
  EXPECT_EQ(queue_->done(lost->ticket).error().code, Errc::kConflict);
  EXPECT_EQ(queue_->renew(lost->ticket).error().code, Errc::kConflict);
  EXPECT_EQ(queue_->hand_back(lost->ticket, kNow).error().code, Errc::kConflict);
}

TEST_F(EmbeddedQueueInTime, ALostLeaseGoesBeforeWhatCameLater) {
  push("a");
  push("b");
  EXPECT_EQ(take(), "a");
  clock_.pass(kLease);
  EXPECT_EQ(take(), "a");
  EXPECT_EQ(take(), "b");
}

TEST_F(EmbeddedQueueInTime, RenewingKeepsTheLease) {
  push("a");
  const auto lease = queue_->take(kNow);
  for (int i = 0; i < 5; ++i) {
    clock_.pass(kLease - Milliseconds{1});
    ASSERT_TRUE(queue_->renew(lease->ticket));
    EXPECT_EQ(take(), "");
  }
  EXPECT_TRUE(queue_->done(lease->ticket));
  clock_.pass(kLease);
  EXPECT_EQ(take(), "");
}

TEST_F(EmbeddedQueueInTime, DelayedComesWhenItsTimeIsOver) {
  push("later", 5, Milliseconds{50});
  push("now");
  EXPECT_EQ(queue_->counts().delayed, 1U);
  EXPECT_EQ(take(), "now");
  clock_.pass(Milliseconds{49});
  EXPECT_EQ(take(), "");
  clock_.pass(Milliseconds{1});
  EXPECT_EQ(queue_->counts().waiting, 1U);
  EXPECT_EQ(take(), "later");
}

TEST_F(EmbeddedQueueInTime, HandedBackWithDelayComesAfterIt) {
  push("a");
  const auto lease = queue_->take(kNow);
  ASSERT_TRUE(queue_->hand_back(lease->ticket, Milliseconds{20}));
  EXPECT_EQ(take(), "");
  clock_.pass(Milliseconds{20});
  EXPECT_EQ(take(), "a");
}

TEST_F(EmbeddedQueueInTime, LostLeasesAreNeverRefusedForWantOfRoom) {
  queue_ = make_embedded_queue({.capacity = 1, .lease = kLease}, clock_);
  push("a");
  EXPECT_EQ(take(), "a");
  push("b");
  clock_.pass(kLease);
  EXPECT_EQ(queue_->counts().waiting, 2U);
  EXPECT_EQ(queue_->push({.submission = {"c"}}).error().code, Errc::kOverloaded);
}

TEST(EmbeddedQueueAsleep, WakesForWhatIsDelayedAfterItFellAsleep) {
  const auto queue = make_embedded_queue({});
  std::jthread pusher([&] {
    EXPECT_TRUE(queue->push({.submission = {"last"}, .delay = Milliseconds{40'000}}));
    EXPECT_TRUE(queue->push({.submission = {"first"}, .delay = Milliseconds{10}}));
  });
  EXPECT_EQ(queue->take(Milliseconds{30'000})->submission.text, "first");
}

TEST(EmbeddedQueueAsleep, WakesForALeaseThatIsLost) {
  const auto queue = make_embedded_queue({.lease = Milliseconds{10}});
  ASSERT_TRUE(queue->push({.submission = {"a"}}));
  ASSERT_TRUE(queue->take(kNow));
  EXPECT_EQ(queue->take(Milliseconds{30'000})->submission.text, "a");
}

}  // namespace
}  // namespace engine
