// Two stores on one database, as two processes have it: who wins, and that only one does.
#include <latch>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "store/test_postgres.h"

namespace engine {
namespace {

class PostgresShare : public PostgresTest {
 protected:
  void SetUp() override {
    open();
    auto made = make();
    ASSERT_TRUE(made) << made.error().message;
    other_ = *std::move(made);
  }
  void TearDown() override { other_.reset(); }

  // Does the same with both stores at once.
  template <typename Act>
  void at_once(Act act) {
    std::latch together(2);
    std::jthread first([&] {
      together.arrive_and_wait();
      act(*store_, 0);
    });
    together.arrive_and_wait();
    act(*other_, 1);
  }
  SubmissionId add() { return insert(*store_, test_submission())->id; }

  std::unique_ptr<Store> other_;
};

TEST_F(PostgresShare, WhatOneWritesTheOtherReads) {
  const auto id = add();
  EXPECT_EQ(*other_->load(id), test_submission(id.text));
  EXPECT_EQ(other_->start(id)->attempt, 1);
  EXPECT_EQ(store_->start(id)->attempt, 2);
  EXPECT_EQ(finish(*other_, id, 1).error().code, Errc::kConflict);
  EXPECT_TRUE(finish(*store_, id, 2));
  EXPECT_EQ(other_->find(id)->state, State::kFinished);
  EXPECT_EQ(other_->counts()->running, 0);
}

TEST_F(PostgresShare, OneKeyMakesOneSubmission) {
  std::mutex mutex;
  std::map<std::string, std::set<SubmissionId>> ids;
  std::map<std::string, int> made;
  at_once([&](Store& store, int which) {
    // Many wait at once, the two in opposite orders: so groups meet that want the same keys.
    std::vector<std::promise<Result<Store::Inserted>>> results(200);
    for (int i = 0; i < 200; ++i) {
      const int key = (which == 0 ? i : 199 - i) / 2;
      store.insert(test_submission(), IdempotencyKey{"key" + std::to_string(key), "digest"},
                   nullptr, [&, i](auto inserted) {
                     results[static_cast<std::size_t>(i)].set_value(std::move(inserted));
                   });
    }
    for (int i = 0; i < 200; ++i) {
      const int key = (which == 0 ? i : 199 - i) / 2;
      const auto inserted = results[static_cast<std::size_t>(i)].get_future().get();
      ASSERT_TRUE(inserted) << inserted.error().message;
      const std::lock_guard lock(mutex);
      ids[std::to_string(key)].insert(inserted->id);
      made[std::to_string(key)] += inserted->existed ? 0 : 1;
    }
  });
  for (const auto& [key, of_key] : ids)
    EXPECT_EQ(of_key.size(), 1U) << key;
  for (const auto& [key, count] : made)
    EXPECT_EQ(count, 1) << key;
  EXPECT_EQ(store_->counts()->queued, 100);
  EXPECT_EQ(sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"), "0");
}

TEST_F(PostgresShare, TheSameKeyWithAnotherDigestIsConflictForOne) {
  for (int i = 0; i < 20; ++i) {
    std::atomic<int> won = 0, refused = 0;
    at_once([&](Store& store, int which) {
      const auto inserted =
          insert(store, test_submission(),
                 IdempotencyKey{"key" + std::to_string(i), "digest" + std::to_string(which)});
      if (inserted) ++won;
      if (!inserted && inserted.error().code == Errc::kConflict) ++refused;
    });
    EXPECT_EQ(won, 1);
    EXPECT_EQ(refused, 1);
  }
}

TEST_F(PostgresShare, EachStartHasANumberOfItsOwn) {
  for (int i = 0; i < 20; ++i) {
    const auto id = add();
    std::atomic<int> sum = 0;
    at_once([&](Store& store, int) { sum += store.start(id)->attempt; });
    EXPECT_EQ(sum, 1 + 2);
  }
  EXPECT_EQ(store_->counts()->running, 20);
  expect_true_totals();
}

TEST_F(PostgresShare, TheFirstFinishWins) {
  std::vector<SubmissionId> ids;
  for (int i = 0; i < 200; ++i) {
    ids.push_back(add());
    ASSERT_TRUE(store_->start(ids.back()));
  }
  std::vector<std::atomic<int>> winners(ids.size());
  at_once([&](Store& store, int which) {
    std::latch all(static_cast<std::ptrdiff_t>(ids.size()));
    for (std::size_t n = 0; n < ids.size(); ++n) {
      const std::size_t i = which == 0 ? n : ids.size() - 1 - n;
      store.finish(ids[i], 1, test_outcome(std::to_string(which)),
                   {
                       {"log.txt", std::to_string(which)}
      },
                   [&, i](const auto& at) {
                     winners[i] += at ? 1 : 0;
                     all.count_down();
                   });
    }
    all.wait();
  });
  for (std::size_t i = 0; i < ids.size(); ++i) {
    EXPECT_EQ(winners[i], 1);
    const std::string kept = *store_->object(ids[i], 1, "log.txt");
    EXPECT_EQ(*store_->find(ids[i])->outcome, test_outcome(kept));
  }
  EXPECT_EQ(sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"), "0");
  expect_true_totals();
}

TEST_F(PostgresShare, CancelAndFinishHaveOneWinner) {
  for (int i = 0; i < 30; ++i) {
    const auto id = add();
    ASSERT_TRUE(store_->start(id));
    std::atomic<int> winners = 0;
    at_once([&](Store& store, int which) {
      winners += (which == 0 ? store.cancel(id) : finish(store, id, 1)) ? 1 : 0;
    });
    EXPECT_EQ(winners, 1);
  }
  EXPECT_EQ(store_->counts()->running, 0);
}

TEST_F(PostgresShare, WhatIsRemovedIsRemovedOnce) {
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(store_->cancel(add()));
  std::mutex mutex;
  std::vector<SubmissionId> removed;
  at_once([&](Store& store, int) {
    for (int i = 0; i < 20; ++i) {
      const auto gone = store.expire(clock_.wall() + std::chrono::hours{1}, Bytes{0}, 10);
      ASSERT_TRUE(gone) << gone.error().message;
      const std::lock_guard lock(mutex);
      removed.insert(removed.end(), gone->begin(), gone->end());
    }
  });
  EXPECT_EQ(removed.size(), 100U);
  EXPECT_EQ((std::set<SubmissionId>(removed.begin(), removed.end()).size()), 100U);
  EXPECT_EQ(store_->counts()->stored, Bytes{0});
}

TEST_F(PostgresShare, TwoThatRemoveForTheSizeLeaveWhatFits) {
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(store_->cancel(add()));
    clock_.pass(std::chrono::seconds{1});
  }
  const Bytes half{store_->counts()->stored.count / 2};
  at_once([&](Store& store, int) {
    for (int i = 0; i < 20; ++i)
      ASSERT_TRUE(store.expire(WallTime{}, half, 3));
  });
  EXPECT_EQ(sql("SELECT count(*) FROM submissions"), "20");
}

TEST_F(PostgresShare, OneLeadsUntilItCloses) {
  ASSERT_TRUE(*store_->lead("reconciler"));
  EXPECT_FALSE(*other_->lead("reconciler"));
  EXPECT_TRUE(*other_->lead("retention"));
  EXPECT_FALSE(*store_->lead("retention"));
  EXPECT_TRUE(*store_->lead("reconciler"));
  store_.reset();
  // Its session ends on the server a moment later.
  while (!*other_->lead("reconciler"))
    std::this_thread::yield();
  EXPECT_TRUE(*other_->lead("reconciler"));
}

TEST_F(PostgresShare, OnlyOneOfManyLeads) {
  for (int i = 0; i < 20; ++i) {
    std::atomic<int> leaders = 0;
    at_once([&](Store& store, int) { leaders += *store.lead("duty" + std::to_string(i)) ? 1 : 0; });
    EXPECT_EQ(leaders, 1);
  }
}

TEST_F(PostgresShare, WhoLosesItsSessionLosesTheLead) {
  ASSERT_TRUE(*store_->lead("reconciler"));
  sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
      " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
  while (!*other_->lead("reconciler"))
    std::this_thread::yield();
  EXPECT_FALSE(*store_->lead("reconciler"));
  EXPECT_TRUE(*other_->lead("reconciler"));
}

TEST_F(PostgresShare, WorkersAreSeenByAllUntilTheyAreSilent) {
  ASSERT_TRUE(store_->announce({.id = "here"}));
  ASSERT_TRUE(other_->announce({.id = "there"}));
  EXPECT_EQ(store_->workers(std::chrono::minutes{1})->size(), 2U);
  sql("UPDATE workers SET heard_at = heard_at - interval '2 minutes' WHERE id = 'here'");
  const auto heard = other_->workers(std::chrono::minutes{1});
  ASSERT_EQ(heard->size(), 1U);
  EXPECT_EQ(heard->front().id, "there");
  EXPECT_EQ(sql("SELECT count(*) FROM workers"), "2");
  sql("UPDATE workers SET heard_at = heard_at - interval '2 hours' WHERE id = 'here'");
  ASSERT_TRUE(other_->announce({.id = "there"}));
  EXPECT_EQ(sql("SELECT count(*) FROM workers"), "1");
}

}  // namespace
}  // namespace engine
