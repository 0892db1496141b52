// The contract of Queue, once, for every implementation of it. Nothing here depends on how long
// anything takes; what needs a clock is tested with each implementation's own.
#include "queue/queue.h"

#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include <gtest/gtest.h>

namespace engine {
namespace {

constexpr Milliseconds kNow{0};
constexpr Milliseconds kLong{60'000};

struct Backend {
  std::string name;
  std::function<std::unique_ptr<Queue>(std::size_t capacity)> make;
};

class QueueContract : public testing::TestWithParam<Backend> {
 protected:
  void push(const std::string& id, int priority = 0, Milliseconds delay = kNow) {
    ASSERT_TRUE(queue_->push({.submission = {id}, .priority = priority, .delay = delay}));
  }
  Queue::Lease take() {
    auto lease = queue_->take(kNow);
    EXPECT_TRUE(lease);
    return lease ? *lease : Queue::Lease{};
  }
  Errc take_fault(Milliseconds patience = kNow) {
    const auto lease = queue_->take(patience);
    EXPECT_FALSE(lease);
    return lease ? Errc::kInternal : lease.error().code;
  }

  std::unique_ptr<Queue> queue_ = GetParam().make(4);
};

TEST_P(QueueContract, OldestComesFirst) {
  for (const char* id : {"b", "a", "c"})
    push(id);
  for (const char* id : {"b", "a", "c"})
    EXPECT_EQ(take().submission.text, id);
}

TEST_P(QueueContract, HigherPriorityGoesFirstThenOldest) {
  push("usual", 0);
  push("low", -1);
  push("high", 7);
  push("high too", 7);
  for (const char* id : {"high", "high too", "usual", "low"})
    EXPECT_EQ(take().submission.text, id);
}

TEST_P(QueueContract, EmptyIsNotFound) {
  EXPECT_EQ(take_fault(), Errc::kNotFound);
  EXPECT_EQ(take_fault(Milliseconds{5}), Errc::kNotFound);
}

TEST_P(QueueContract, PushingAWaitingIdAgainChangesNothing) {
  push("a");
  push("a", 9);
  EXPECT_EQ(take().submission.text, "a");
  EXPECT_EQ(take_fault(), Errc::kNotFound);
}

TEST_P(QueueContract, PushingALeasedIdAgainChangesNothing) {
  push("a");
  const auto lease = take();
  push("a");
  EXPECT_EQ(take_fault(), Errc::kNotFound);
  EXPECT_TRUE(queue_->done(lease.ticket));
}

TEST_P(QueueContract, AnIdThatIsDoneMayComeAgain) {
  push("a");
  ASSERT_TRUE(queue_->done(take().ticket));
  push("a");
  EXPECT_EQ(take().submission.text, "a");
}

TEST_P(QueueContract, DoneTwiceIsConflict) {
  push("a");
  const auto lease = take();
  EXPECT_TRUE(queue_->renew(lease.ticket));
  EXPECT_TRUE(queue_->done(lease.ticket));
  EXPECT_EQ(queue_->done(lease.ticket).error().code, Errc::kConflict);
  EXPECT_EQ(queue_->renew(lease.ticket).error().code, Errc::kConflict);
  EXPECT_EQ(queue_->hand_back(lease.ticket, kNow).error().code, Errc::kConflict);
}

TEST_P(QueueContract, ATicketOfAnEarlierLeaseIsConflict) {
  push("a");
  const auto earlier = take();
  ASSERT_TRUE(queue_->hand_back(earlier.ticket, kNow));
  const auto later = take();
  EXPECT_NE(earlier.ticket, later.ticket);
  EXPECT_EQ(queue_->done(earlier.ticket).error().code, Errc::kConflict);
  EXPECT_TRUE(queue_->done(later.ticket));
}

TEST_P(QueueContract, AMadeUpTicketIsConflict) {
  push("a");
  const auto lease = take();
  for (const char* made_up :
       {"", "/", "1", "a", "1/", "/a", "-1/a", "99999999999999999999/a", "7/b"})
    EXPECT_EQ(queue_->done({made_up}).error().code, Errc::kConflict) << made_up;
  EXPECT_TRUE(queue_->done(lease.ticket));
}

TEST_P(QueueContract, HandedBackGoesOutAgain) {
  push("a");
  push("b");
  const auto lease = take();
  ASSERT_TRUE(queue_->hand_back(lease.ticket, kNow));
  std::set<std::string> rest{take().submission.text, take().submission.text};
  EXPECT_EQ(rest, (std::set<std::string>{"a", "b"}));
}

TEST_P(QueueContract, DelayedIsNotGivenOutYet) {
  push("later", 0, kLong);
  EXPECT_EQ(take_fault(), Errc::kNotFound);
  push("now");
  const auto lease = take();
  EXPECT_EQ(lease.submission.text, "now");
  ASSERT_TRUE(queue_->hand_back(lease.ticket, kLong));
  EXPECT_EQ(take_fault(), Errc::kNotFound);
}

TEST_P(QueueContract, RemovesWhatWaitsOrIsDelayed) {
  push("a");
  push("later", 0, kLong);
  EXPECT_TRUE(queue_->remove({"a"}));
  EXPECT_TRUE(queue_->remove({"later"}));
  EXPECT_EQ(take_fault(), Errc::kNotFound);
  EXPECT_EQ(queue_->remove({"a"}).error().code, Errc::kNotFound);
}

TEST_P(QueueContract, DoesNotRemoveWhatIsLeased) {
  push("a");
  const auto lease = take();
  EXPECT_EQ(queue_->remove({"a"}).error().code, Errc::kNotFound);
  EXPECT_TRUE(queue_->done(lease.ticket));
}

TEST_P(QueueContract, FullIsOverloadedButAKnownIdIsNot) {
  for (const char* id : {"a", "b", "c"})
    push(id);
  push("later", 0, kLong);
  EXPECT_EQ(queue_->push({.submission = {"e"}}).error().code, Errc::kOverloaded);
  EXPECT_TRUE(queue_->push({.submission = {"a"}}));
  take();  // A leased id leaves its place to another.
  EXPECT_TRUE(queue_->push({.submission = {"e"}}));
}

TEST_P(QueueContract, CountsEachPlace) {
  push("a");
  push("b");
  push("c");
  push("later", 0, kLong);
  take();
  const auto counts = queue_->counts();
  EXPECT_EQ(counts.waiting, 2U);
  EXPECT_EQ(counts.delayed, 1U);
  EXPECT_EQ(counts.leased, 1U);
}

TEST_P(QueueContract, APushWakesAWaitingTaker) {
  std::jthread pusher([this] { push("a"); });
  EXPECT_EQ(queue_->take(kLong)->submission.text, "a");
}

TEST_P(QueueContract, AnIdHandedBackWakesAWaitingTaker) {
  push("a");
  const auto lease = take();
  std::jthread holder([&] { EXPECT_TRUE(queue_->hand_back(lease.ticket, kNow)); });
  EXPECT_EQ(queue_->take(kLong)->submission.text, "a");
}

TEST_P(QueueContract, CloseWakesEveryTakerAndEndsTaking) {
  std::vector<std::jthread> takers;
  for (int i = 0; i < 3; ++i) {
    takers.emplace_back([this] { EXPECT_EQ(take_fault(kLong), Errc::kNotFound); });
  }
  queue_->close();
  takers.clear();
  push("a");
  EXPECT_EQ(take_fault(kLong), Errc::kNotFound);
}

TEST_P(QueueContract, ManyThreadsGetEachIdOnce) {
  constexpr int kIds = 400;
  queue_ = GetParam().make(kIds);
  std::mutex mutex;
  std::multiset<std::string> taken;
  std::vector<std::jthread> threads;
  for (int taker = 0; taker < 4; ++taker) {
    threads.emplace_back([&] {
      while (auto lease = queue_->take(kLong)) {
        EXPECT_TRUE(queue_->done(lease->ticket));
        const std::lock_guard lock(mutex);
        taken.insert(lease->submission.text);
        if (taken.size() == kIds) queue_->close();
      }
    });
  }
  for (int pusher = 0; pusher < 4; ++pusher) {
    threads.emplace_back([this, pusher] {
      for (int i = pusher; i < kIds; i += 4)
        push(std::to_string(i), i % 3);
    });
  }
  threads.clear();
  EXPECT_EQ(std::set(taken.begin(), taken.end()).size(), static_cast<std::size_t>(kIds));
  EXPECT_EQ(queue_->counts().leased, 0U);
}

std::unique_ptr<Queue> make_embedded(std::size_t capacity) {
  return make_embedded_queue({.capacity = capacity});
}

INSTANTIATE_TEST_SUITE_P(Queues, QueueContract, testing::Values(Backend{"embedded", make_embedded}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace engine
