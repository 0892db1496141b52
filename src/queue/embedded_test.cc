// What the embedded queue does as time passes, with a clock that stands still until it is moved.
#include <array>
#include <atomic>
#include <future>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "queue/queue.h"
#include "queue/testing/patience.h"

namespace engine {
namespace {

using testing::kLong;
using testing::kNow;

constexpr Milliseconds kLease{100};

class HandClock final : public Clock {
 public:
  WallTime wall() const override { return {}; }
  SteadyTime steady() const override { return SteadyTime{} + Milliseconds{now_.load()}; }
  void pass(Milliseconds time) { now_ += time.count(); }

 private:
  std::atomic<std::int64_t> now_ = 1'000;
};

class EmbeddedQueueInTime : public ::testing::Test {
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
  EXPECT_EQ(queue_->done(lost->ticket, "null").error().code, Errc::kConflict);
  EXPECT_EQ(queue_->renew(lost->ticket).error().code, Errc::kConflict);
  EXPECT_EQ(queue_->hand_back(lost->ticket, kNow, Queue::Counted::kYes).error().code,
            Errc::kConflict);
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
  EXPECT_TRUE(queue_->done(lease->ticket, "null"));
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
  ASSERT_TRUE(queue_->hand_back(lease->ticket, Milliseconds{20}, Queue::Counted::kNo));
  EXPECT_EQ(take(), "");
  clock_.pass(Milliseconds{20});
  EXPECT_EQ(take(), "a");
}

TEST_F(EmbeddedQueueInTime, TheOldestAgesFromWhenItMightBeTaken) {
  EXPECT_FALSE(queue_->counts().oldest);
  push("a", 0, Milliseconds{20});
  EXPECT_FALSE(queue_->counts().oldest);
  clock_.pass(Milliseconds{30});
  EXPECT_EQ(queue_->counts().oldest, Milliseconds{10});
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

// Real time, and how often it was asked for: a taker asks twice before it sleeps, holding the lock
// from then on, so the count tells when a push will meet sleepers.
class CountingClock final : public Clock {
 public:
  WallTime wall() const override { return {}; }
  SteadyTime steady() const override {
    ++looks_;
    return std::chrono::steady_clock::now();
  }
  int looks() const { return looks_; }
  void wait_for_looks(int count) const {
    while (looks_ < count)
      std::this_thread::yield();
  }

 private:
  mutable std::atomic<int> looks_ = 0;
};

// Two takers that are asleep when the test begins, usually with patience for longer than it lasts.
class EmbeddedQueueAsleep : public ::testing::Test {
 protected:
  void fall_asleep(Milliseconds lease, Milliseconds patience_of_first = kLong) {
    queue_ = make_embedded_queue({.lease = lease}, clock_);
    const auto take = [this](Milliseconds patience) {
      const auto taken = queue_->take(patience);
      return taken ? taken->submission.text : "nothing";
    };
    takers_[0] = std::async(std::launch::async, take, patience_of_first);
    clock_.wait_for_looks(2);
    takers_[1] = std::async(std::launch::async, take, kLong);
    clock_.wait_for_looks(4);
  }
  // What the two got, in no order; one that got nothing in a long time is woken.
  std::multiset<std::string> taken() {
    for (auto& taker : takers_) {
      if (taker.wait_for(kLong / 4) == std::future_status::timeout) queue_->close();
    }
    return {takers_[0].get(), takers_[1].get()};
  }

  CountingClock clock_;
  std::unique_ptr<Queue> queue_;
  std::array<std::future<std::string>, 2> takers_;
};

TEST_F(EmbeddedQueueAsleep, WhoeverIsLeftKnowsOfWhatIsDelayed) {
  fall_asleep(kLong, Milliseconds{50});
  ASSERT_TRUE(queue_->push({.submission = {"delayed"}, .delay = Milliseconds{100}}));
  EXPECT_EQ(taken(), (std::multiset<std::string>{"delayed", "nothing"}));
}

TEST_F(EmbeddedQueueAsleep, AnEarlierDelayShortensTheSleep) {
  fall_asleep(kLong);
  ASSERT_TRUE(queue_->push({.submission = {"last"}, .delay = Milliseconds{40}}));
  ASSERT_TRUE(queue_->push({.submission = {"first"}, .delay = Milliseconds{20}}));
  EXPECT_EQ(taken(), (std::multiset<std::string>{"first", "last"}));
}

TEST_F(EmbeddedQueueAsleep, NobodyIsWokenForALaterDelay) {
  fall_asleep(kLong);
  ASSERT_TRUE(queue_->push({.submission = {"first"}, .delay = kLong}));
  clock_.wait_for_looks(7);  // The push, and both takers, who have learnt of it.
  ASSERT_TRUE(queue_->push({.submission = {"last"}, .delay = 2 * kLong}));
  for (const char* now : {"a", "b"})
    ASSERT_TRUE(queue_->push({.submission = {now}}));
  EXPECT_EQ(taken(), (std::multiset<std::string>{"a", "b"}));
  EXPECT_EQ(clock_.looks(), 12);  // Three pushes since, and each taker for what it took.
}

TEST_F(EmbeddedQueueAsleep, WhoeverIsLeftKnowsOfALeaseThatIsLost) {
  fall_asleep(Milliseconds{20});
  ASSERT_TRUE(queue_->push({.submission = {"a"}}));
  EXPECT_EQ(taken(), (std::multiset<std::string>{"a", "a"}));
}

}  // namespace
}  // namespace engine
