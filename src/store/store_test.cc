// The contract of Store: the life of a submission.
#include <latch>
#include <mutex>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "store/store_contract.h"

namespace engine {
namespace {

using namespace std::string_literals;
using std::chrono::hours;

TEST_P(StoreContract, KeepsWhatWasInserted) {
  const Submission submission = test_submission();
  const auto inserted = insert(*store_, submission);
  ASSERT_TRUE(inserted);
  EXPECT_EQ(inserted->id, submission.id);
  EXPECT_FALSE(inserted->existed);

  const auto record = store_->find(submission.id);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->id, submission.id);
  EXPECT_EQ(record->owner, submission.owner);
  EXPECT_EQ(record->language, "cpp");
  EXPECT_EQ(record->state, State::kQueued);
  EXPECT_EQ(record->attempt, 0);
  EXPECT_EQ(record->priority, 2);
  EXPECT_EQ(record->test_names, (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(record->created_at, clock_.wall());
  EXPECT_FALSE(record->started_at);
  EXPECT_FALSE(record->finished_at);
  EXPECT_FALSE(record->outcome);
  EXPECT_EQ(*store_->load(submission.id), submission);
}

TEST_P(StoreContract, KeepsAnyBytes) {
  Submission submission = test_submission();
  submission.files[0].content = "\xff\0\x80"s;
  submission.tests[0].input = std::string(300'000, '\xfe');
  submission.tests[0].name = "\xc3\xa9\0"s;
  submission.owner = {"o'; DROP TABLE submissions; --"};
  ASSERT_TRUE(insert(*store_, submission));
  EXPECT_EQ(*store_->load(submission.id), submission);
  EXPECT_EQ(store_->find(submission.id)->test_names[0], submission.tests[0].name);
  EXPECT_EQ(store_->find(submission.id)->owner, submission.owner);
}

TEST_P(StoreContract, WhatIsNotThereIsNotFound) {
  for (const SubmissionId& id :
       {SubmissionId{random_uuid()}, SubmissionId{""}, SubmissionId{"'"}}) {
    EXPECT_EQ(store_->find(id).error().code, Errc::kNotFound);
    EXPECT_EQ(store_->load(id).error().code, Errc::kNotFound);
    EXPECT_EQ(store_->start(id).error().code, Errc::kNotFound);
    EXPECT_EQ(finish(*store_, id, 1).error().code, Errc::kNotFound);
    EXPECT_EQ(store_->give_back(id, 1).error().code, Errc::kNotFound);
    EXPECT_EQ(store_->cancel(id).error().code, Errc::kNotFound);
  }
  EXPECT_EQ(store_->unfinished({random_uuid()}, 1).error().code, Errc::kNotFound);
}

TEST_P(StoreContract, AnIdIsTakenOnce) {
  const Submission submission = test_submission();
  ASSERT_TRUE(insert(*store_, submission));
  EXPECT_EQ(insert(*store_, submission).error().code, Errc::kConflict);
  EXPECT_EQ(store_->counts()->queued, 1);
}

TEST_P(StoreContract, TheSameKeyAndDigestGiveTheSameSubmission) {
  const auto first = insert(*store_, test_submission(), IdempotencyKey{"key", "\xff\0digest"s});
  const auto second = insert(*store_, test_submission(), IdempotencyKey{"key", "\xff\0digest"s});
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(first->existed);
  EXPECT_TRUE(second->existed);
  EXPECT_EQ(first->id, second->id);
  EXPECT_EQ(*store_->find_repeated(test_submission().owner, {"key", "\xff\0digest"s}), first->id);
  EXPECT_EQ(store_->counts()->queued, 1);
}

TEST_P(StoreContract, TheSameKeyWithAnotherDigestIsConflict) {
  ASSERT_TRUE(insert(*store_, test_submission(), IdempotencyKey{"key", "digest"}));
  EXPECT_EQ(insert(*store_, test_submission(), IdempotencyKey{"key", "other"}).error().code,
            Errc::kConflict);
  const auto looked_up = store_->find_repeated(test_submission().owner, {"key", "other"});
  EXPECT_EQ(looked_up.error().code, Errc::kConflict);
  EXPECT_EQ(store_->counts()->queued, 1);
}

TEST_P(StoreContract, KeysBelongToTheirOwner) {
  Submission stranger = test_submission();
  stranger.owner = {"stranger"};
  const auto first = insert(*store_, test_submission(), IdempotencyKey{"key", "digest"});
  const auto second = insert(*store_, stranger, IdempotencyKey{"key", "other"});
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(second->existed);
  EXPECT_NE(first->id, second->id);
  EXPECT_EQ(*store_->find_repeated(stranger.owner, {"key", "other"}), second->id);
  const auto nobody = store_->find_repeated({"nobody"}, {"key", "other"});
  EXPECT_EQ(nobody.error().code, Errc::kNotFound);
}

TEST_P(StoreContract, ManyThreadsWithOneKeyGetOneSubmission) {
  constexpr int kThreads = 8;
  std::mutex mutex;
  std::set<SubmissionId> ids;
  int made = 0;
  {
    std::latch together(kThreads);
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        together.arrive_and_wait();
        for (int n = 0; n < 20; ++n) {
          const auto inserted = insert(*store_, test_submission(), IdempotencyKey{"key", "digest"});
          ASSERT_TRUE(inserted);
          const std::lock_guard lock(mutex);
          ids.insert(inserted->id);
          made += inserted->existed ? 0 : 1;
        }
      });
    }
  }
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_EQ(made, 1);
  EXPECT_EQ(store_->counts()->queued, 1);
}

TEST_P(StoreContract, UnfinishedComeInOrderAndInPages) {
  std::vector<SubmissionId> expected;
  for (int i = 0; i < 10; ++i) {
    add_finished();
    expected.push_back(i % 2 == 0 ? add() : add_started());
  }
  std::vector<SubmissionId> seen;
  for (SubmissionId after;;) {
    const auto page = store_->unfinished(after, 3);
    ASSERT_TRUE(page);
    ASSERT_LE(page->size(), 3U);
    if (page->empty()) break;
    for (const Unfinished& row : *page)
      seen.push_back(row.id);
    after = seen.back();
  }
  EXPECT_EQ(seen, expected);
}

TEST_P(StoreContract, UnfinishedSayWhatTheQueueNeeds) {
  const auto id = add();
  const WallTime due = clock_.wall() + Milliseconds{1'500};
  clock_.pass(hours{1});
  ASSERT_TRUE(store_->start(id));
  const auto rows = store_->unfinished({}, 10);
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->front().state, State::kRunning);
  EXPECT_EQ(rows->front().attempt, 1);
  EXPECT_EQ(rows->front().priority, 2);
  EXPECT_EQ(rows->front().due, due);
}

TEST_P(StoreContract, AClockThatJumpsDoesNotChangeTheOrder) {
  const auto first = add();
  clock_.jump(-hours{5});
  const auto second = add();
  clock_.jump(hours{50});
  const auto third = add();
  EXPECT_EQ(unfinished(), (std::vector{first, second, third}));
}

TEST_P(StoreContract, CountsFollowEveryChange) {
  const auto check = [this](std::int64_t queued, std::int64_t running) {
    EXPECT_EQ(store_->counts()->queued, queued);
    EXPECT_EQ(store_->counts()->running, running);
  };
  check(0, 0);
  const auto id = add();
  check(1, 0);
  ASSERT_TRUE(store_->start(id));
  check(0, 1);
  ASSERT_TRUE(store_->give_back(id, 1));
  check(1, 0);
  ASSERT_TRUE(store_->start(id));
  ASSERT_TRUE(finish(*store_, id, 2));
  check(0, 0);
}

TEST_P(StoreContract, SurvivesARestart) {
  const auto finished = add_finished();
  const auto running = add_started();
  const auto queued = insert(*store_, test_submission(), IdempotencyKey{"key", "digest"})->id;
  const Bytes stored = store_->counts()->stored;
  open();
  EXPECT_EQ(unfinished(), (std::vector{running, queued}));
  EXPECT_EQ(*store_->find(finished)->outcome, test_outcome());
  EXPECT_EQ(store_->counts()->queued, 1);
  EXPECT_EQ(store_->counts()->running, 1);
  EXPECT_EQ(store_->counts()->stored, stored);
  EXPECT_EQ(insert(*store_, test_submission(), IdempotencyKey{"key", "digest"})->id, queued);
}

TEST_P(StoreContract, ReportsFromAnotherThread) {
  std::promise<std::thread::id> reporter;
  store_->insert(test_submission(), std::nullopt, nullptr,
                 [&](const auto&) { reporter.set_value(std::this_thread::get_id()); });
  EXPECT_NE(reporter.get_future().get(), std::this_thread::get_id());
}

TEST_P(StoreContract, WhatIsNewIsReadableWhenThatIsSaid) {
  Submission submission = test_submission();
  const auto say = [&](std::vector<std::string>& said) {
    std::promise<void> done;
    store_->insert(
        submission, IdempotencyKey{"key", "digest"},
        [&] { said.emplace_back(store_->load(submission.id) ? "readable" : "unreadable"); },
        [&](const auto& inserted) {
          said.emplace_back(inserted ? "inserted" : "failed");
          done.set_value();
        });
    done.get_future().wait();
  };
  std::vector<std::string> first;
  std::vector<std::string> again;
  say(first);
  submission.id = test_submission().id;
  say(again);
  EXPECT_EQ(first, (std::vector<std::string>{"readable", "inserted"}));
  EXPECT_EQ(again, std::vector<std::string>{"inserted"});
}

TEST_P(StoreContract, EverythingThatWaitsIsReportedBeforeTheEnd) {
  constexpr int kCount = 1'000;
  std::atomic<int> reported = 0;
  for (int i = 0; i < kCount; ++i) {
    store_->insert(test_submission(), std::nullopt, nullptr,
                   [&](const auto& inserted) { reported += inserted ? 1 : 0; });
  }
  store_.reset();
  EXPECT_EQ(reported, kCount);
  open();
  EXPECT_EQ(store_->counts()->queued, kCount);
}

TEST_P(StoreContract, ManyThreadsAtOnce) {
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([this] {
        for (int n = 0; n < 25; ++n) {
          const auto id = add();
          EXPECT_TRUE(store_->find(id));
          EXPECT_EQ(store_->start(id)->attempt, 1);
          EXPECT_TRUE(finish(*store_, id, 1));
          EXPECT_EQ(state_of(id), State::kFinished);
        }
      });
    }
  }
  EXPECT_EQ(store_->expire(clock_.wall() + hours{1}, kKeepAll, 1'000)->size(), 100U);
  EXPECT_EQ(store_->counts()->stored, Bytes{0});
}

TEST_P(StoreContract, HasNoProblem) {
  EXPECT_FALSE(store_->problem());
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, store_backends(),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace engine
