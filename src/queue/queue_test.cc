// The contract of Queue, once, for every implementation of it. Nothing here depends on how long
// anything takes; what needs a clock is tested with each implementation's own.
#include "queue/queue.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "base/random.h"
#include "queue/testing/patience.h"
#include "queue/testing/redis_server.h"

namespace engine {
namespace {

using testing::kLong;
using testing::kNow;
constexpr auto kCounted = Queue::Counted::kYes;
constexpr auto kNotCounted = Queue::Counted::kNo;

struct Backend {
  std::string name;
  std::function<std::unique_ptr<Queue>(std::size_t capacity)> make;
};

class QueueContract : public ::testing::TestWithParam<Backend> {
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

  Queue::Place::Kind place(const std::string& id) {
    const auto places = queue_->look({{id}});
    EXPECT_TRUE(places && places->size() == 1);
    return places ? places->front().kind : Queue::Place::Kind::kUnknown;
  }
  // Counts may be a little old.
  template <typename Condition>
  void expect_counts(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + kLong;
    while (!condition(queue_->counts())) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::yield();
    }
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
  EXPECT_TRUE(queue_->done(lease.ticket, "null"));
}

TEST_P(QueueContract, AnIdThatIsDoneMayComeAgain) {
  push("a");
  ASSERT_TRUE(queue_->done(take().ticket, "null"));
  push("a");
  EXPECT_EQ(take().submission.text, "a");
}

TEST_P(QueueContract, DoneTwiceIsConflict) {
  push("a");
  const auto lease = take();
  EXPECT_TRUE(queue_->renew(lease.ticket));
  EXPECT_TRUE(queue_->done(lease.ticket, "null"));
  EXPECT_EQ(queue_->done(lease.ticket, "null").error().code, Errc::kConflict);
  EXPECT_EQ(queue_->renew(lease.ticket).error().code, Errc::kConflict);
  EXPECT_EQ(queue_->hand_back(lease.ticket, kNow, kCounted).error().code, Errc::kConflict);
}

TEST_P(QueueContract, DoneLaterTellsWhatBecameOfIt) {
  const auto end = [this](const Queue::Ticket& ticket) {
    std::promise<Errc> ended;
    queue_->done_later(ticket, "null", [&](const Status& status) {
      ended.set_value(status ? Errc::kInternal : status.error().code);
    });
    return ended.get_future().get();
  };
  push("a");
  const auto lease = take();
  EXPECT_EQ(end(lease.ticket), Errc::kInternal) << "it has ended";
  EXPECT_EQ(end(lease.ticket), Errc::kConflict);
  EXPECT_NE(place("a"), Queue::Place::Kind::kLeased);
}

TEST_P(QueueContract, ManyEndAtOnceAndOthersTakeMeanwhile) {
  constexpr int kIds = 300;
  queue_ = GetParam().make(kIds);
  for (int i = 0; i < kIds; ++i)
    push(std::to_string(i));
  std::atomic<int> ended = 0;
  std::atomic<int> taken = 0;
  std::vector<std::jthread> threads;
  for (int taker = 0; taker < 8; ++taker) {
    threads.emplace_back([&] {
      while (auto lease = queue_->take(kLong)) {
        queue_->done_later(lease->ticket, "null", [&](const Status& status) {
          EXPECT_TRUE(status);
          ++ended;
          ended.notify_all();
        });
        if (++taken == kIds) break;
      }
    });
  }
  for (int so_far = ended; so_far < kIds; so_far = ended)
    ended.wait(so_far);
  queue_->close();
  threads.clear();
  EXPECT_EQ(taken, kIds);
  expect_counts([](const Queue::Counts& counts) { return counts.leased + counts.waiting == 0; });
}

TEST_P(QueueContract, ATicketOfAnEarlierLeaseIsConflict) {
  push("a");
  const auto earlier = take();
  ASSERT_TRUE(queue_->hand_back(earlier.ticket, kNow, kNotCounted));
  const auto later = take();
  EXPECT_NE(earlier.ticket, later.ticket);
  EXPECT_EQ(queue_->done(earlier.ticket, "null").error().code, Errc::kConflict);
  EXPECT_TRUE(queue_->done(later.ticket, "null"));
}

TEST_P(QueueContract, AMadeUpTicketIsConflict) {
  push("a");
  const auto lease = take();
  for (const char* made_up :
       {"", "/", "1", "a", "1/", "/a", "-1/a", "99999999999999999999/a", "7/b"})
    EXPECT_EQ(queue_->done({made_up}, "null").error().code, Errc::kConflict) << made_up;
  EXPECT_TRUE(queue_->done(lease.ticket, "null"));
}

TEST_P(QueueContract, HandedBackGoesOutAgain) {
  push("a");
  push("b");
  const auto lease = take();
  ASSERT_TRUE(queue_->hand_back(lease.ticket, kNow, kNotCounted));
  std::set<std::string> rest{take().submission.text, take().submission.text};
  EXPECT_EQ(rest, (std::set<std::string>{"a", "b"}));
}

TEST_P(QueueContract, DelayedIsNotGivenOutYet) {
  push("later", 0, kLong);
  EXPECT_EQ(take_fault(), Errc::kNotFound);
  push("now");
  const auto lease = take();
  EXPECT_EQ(lease.submission.text, "now");
  ASSERT_TRUE(queue_->hand_back(lease.ticket, kLong, kNotCounted));
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
  EXPECT_TRUE(queue_->done(lease.ticket, "null"));
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
  expect_counts([](const Queue::Counts& counts) {
    return counts.waiting == 2 && counts.delayed == 1 && counts.leased == 1 && counts.oldest;
  });
}

TEST_P(QueueContract, LookSaysWhereEachIdIs) {
  using Kind = Queue::Place::Kind;
  push("leased");
  const auto lease = take();
  push("waiting");
  push("later", 0, kLong);
  const auto places = queue_->look({{"leased"}, {"nowhere"}, {"waiting"}, {"later"}});
  ASSERT_TRUE(places);
  std::vector<Kind> kinds;
  for (const auto& found : *places)
    kinds.push_back(found.kind);
  EXPECT_EQ(kinds, (std::vector{Kind::kLeased, Kind::kUnknown, Kind::kWaiting, Kind::kWaiting}));
  ASSERT_TRUE(queue_->done(lease.ticket, "null"));
  EXPECT_NE(place("leased"), Kind::kLeased);
}

TEST_P(QueueContract, WhatFailedDoesNotComeAgainUnlessPushed) {
  push("a");
  const auto lease = take();
  ASSERT_TRUE(queue_->fail(lease.ticket, "no such language"));
  EXPECT_EQ(take_fault(), Errc::kNotFound);
  EXPECT_EQ(queue_->fail(lease.ticket, "again").error().code, Errc::kConflict);
  push("a");
  EXPECT_EQ(take().submission.text, "a");
}

TEST_P(QueueContract, OurOwnComeAgainHoweverOftenTheyAreHandedBack) {
  push("a");
  for (const auto counted : {kCounted, kCounted, kNotCounted, kCounted}) {
    const auto again = queue_->hand_back(take().ticket, kNow, counted);
    ASSERT_TRUE(again);
    EXPECT_TRUE(*again);
  }
  EXPECT_EQ(take().submission.text, "a");
}

TEST_P(QueueContract, ProgressAndLogDisturbNothing) {
  push("a");
  const auto lease = take();
  queue_->progress(lease.ticket, "{\"done\":1}");
  queue_->log(lease.ticket, "a line");
  queue_->progress({"made up"}, "1");
  queue_->log({"made up"}, "a line");
  EXPECT_TRUE(queue_->done(lease.ticket, "null"));
}

TEST_P(QueueContract, APushWakesAWaitingTaker) {
  std::jthread pusher([this] { push("a"); });
  EXPECT_EQ(queue_->take(kLong)->submission.text, "a");
}

TEST_P(QueueContract, AnIdHandedBackWakesAWaitingTaker) {
  push("a");
  const auto lease = take();
  std::jthread holder([&] { EXPECT_TRUE(queue_->hand_back(lease.ticket, kNow, kNotCounted)); });
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
        EXPECT_TRUE(queue_->done(lease->ticket, "null"));
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
  expect_counts([](const Queue::Counts& counts) { return counts.leased == 0; });
}

std::unique_ptr<Queue> make_embedded(std::size_t capacity) {
  return make_embedded_queue({.capacity = capacity});
}

// A queue of its own each: what one has left must not disturb another.
std::unique_ptr<Queue> make_bullmq(std::size_t capacity) {
  const auto url = testing::RedisServer::shared().url("test-" + random_uuid());
  auto queue = make_bullmq_queue({.url = url, .capacity = capacity});
  EXPECT_TRUE(queue) << queue.error().message;
  return *std::move(queue);
}

INSTANTIATE_TEST_SUITE_P(Queues, QueueContract,
                         ::testing::Values(Backend{"embedded", make_embedded},
                                           Backend{"bullmq", make_bullmq}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace engine
