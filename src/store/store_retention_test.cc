// The contract of Store: what is removed, and what that leaves.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/store_contract.h"

namespace engine {
namespace {

using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class StoreRetention : public StoreContract {
 protected:
  std::vector<Debt> debts() {
    auto found = store_->owed({}, 10);
    EXPECT_TRUE(found);
    return found ? *std::move(found) : std::vector<Debt>();
  }
  std::vector<SubmissionId> owed() {
    std::vector<SubmissionId> ids;
    for (const Debt& debt : debts())
      ids.push_back(debt.id);
    return ids;
  }
  Debt debt_of(const SubmissionId& id) {
    for (const Debt& debt : debts()) {
      if (debt.id == id) return debt;
    }
    ADD_FAILURE() << "nothing is owed of " << id.text;
    return {};
  }
};

TEST_P(StoreRetention, ExpiresByAgeOldestEndFirst) {
  const auto unfinished = add();
  const auto first = add_started();
  const auto second = add_started();
  ASSERT_TRUE(finish(*store_, second, 1));
  clock_.pass(hours{1});
  ASSERT_TRUE(store_->cancel(first));
  clock_.pass(hours{1});
  const auto third = add_finished();

  EXPECT_EQ(*store_->expire(clock_.wall(), kKeepAll, 1), (std::vector{second}));
  EXPECT_EQ(*store_->expire(clock_.wall(), kKeepAll, 10), (std::vector{first}));
  EXPECT_TRUE(store_->expire(clock_.wall(), kKeepAll, 10)->empty());
  EXPECT_EQ(store_->find(first).error().code, Errc::kNotFound);
  EXPECT_EQ(store_->load(second).error().code, Errc::kNotFound);
  EXPECT_TRUE(store_->find(third));
  EXPECT_TRUE(store_->find(unfinished));
}

TEST_P(StoreRetention, ExpiresBySizeUntilTheRestFits) {
  std::vector<SubmissionId> ids;
  for (int i = 0; i < 4; ++i) {
    ids.push_back(add_finished());
    clock_.pass(hours{1});
  }
  const Bytes all = store_->counts()->stored;
  const auto removed = store_->expire(WallTime{}, all - 1_B, 10);
  EXPECT_EQ(*removed, (std::vector{ids[0]}));
  EXPECT_LT(store_->counts()->stored, all);
  EXPECT_EQ(store_->expire(WallTime{}, Bytes{0}, 2)->size(), 2U);
  EXPECT_TRUE(store_->find(ids[3]));
}

TEST_P(StoreRetention, OutputsOfWhatIsRemovedAreOwedUntilTheyArePaid) {
  std::vector<SubmissionId> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(add_finished());
    clock_.pass(hours{1});
  }
  EXPECT_TRUE(owed().empty());
  ASSERT_EQ(store_->expire(clock_.wall(), kKeepAll, 2)->size(), 2U);
  open();
  EXPECT_THAT(owed(), UnorderedElementsAre(ids[0], ids[1]));
  ASSERT_TRUE(store_->paid({
      debt_of(ids[0]), {.id = {"unknown"}, .number = 1'000'000}
  }));
  ASSERT_TRUE(store_->paid({}));
  EXPECT_THAT(owed(), ElementsAre(ids[1]));
}

// Whoever has removed outputs speaks of what he had read, and more may have come since.
TEST_P(StoreRetention, WhatIsOwedAnewOutlivesItsEarlierPayment) {
  const auto id = add_started();
  ASSERT_TRUE(store_->start(id));
  ASSERT_TRUE(finish(*store_, id, 2));
  const Debt first = debt_of(id);
  clock_.pass(hours{1});
  ASSERT_EQ(store_->expire(clock_.wall(), kKeepAll, 1)->size(), 1U);
  const Debt second = debt_of(id);
  ASSERT_TRUE(store_->paid({first}));
  EXPECT_THAT(owed(), ElementsAre(id));
  ASSERT_TRUE(store_->paid({second}));
  EXPECT_THAT(owed(), IsEmpty());
}

// Two that have read the same debt both pay it, and the later one may be late.
TEST_P(StoreRetention, WhatIsOwedAnewAfterItsPaymentOutlivesASecondPayment) {
  const auto id = add_started();
  ASSERT_TRUE(store_->start(id));
  ASSERT_TRUE(finish(*store_, id, 2));
  const Debt first = debt_of(id);
  ASSERT_TRUE(store_->paid({first}));
  clock_.pass(hours{1});
  ASSERT_EQ(store_->expire(clock_.wall(), kKeepAll, 1)->size(), 1U);
  ASSERT_TRUE(store_->paid({first}));
  EXPECT_THAT(owed(), ElementsAre(id));
}

TEST_P(StoreRetention, DebtsComeInPagesByTheirIds) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i)
    ids.push_back(add_finished().text);
  clock_.pass(hours{1});
  ASSERT_EQ(store_->expire(clock_.wall(), kKeepAll, 10)->size(), 5U);
  std::sort(ids.begin(), ids.end());
  std::vector<std::string> found;
  for (SubmissionId after;;) {
    const auto page = store_->owed(after, 2);
    ASSERT_TRUE(page);
    for (const Debt& debt : *page)
      found.push_back(debt.id.text);
    if (page->size() < 2) break;
    after = page->back().id;
    ASSERT_TRUE(store_->paid({page->front()}));  // What is gone keeps nobody from going on.
  }
  EXPECT_EQ(found, ids);
}

// What lost attempts have put out is owed by whoever ends the submission, however he ends himself.
TEST_P(StoreRetention, AnEndAfterALostAttemptOwesItsOutputs) {
  std::vector<SubmissionId> ids;
  for (int n = 0; n < 4; ++n)
    ids.push_back(insert(*store_, test_submission())->id);
  for (const int n : {0, 1, 1, 2})
    ASSERT_TRUE(store_->start(ids[static_cast<std::size_t>(n)]));
  ASSERT_TRUE(finish(*store_, ids[0], 1));
  ASSERT_TRUE(finish(*store_, ids[1], 2));
  ASSERT_TRUE(store_->cancel(ids[2]));
  ASSERT_TRUE(store_->cancel(ids[3]));
  EXPECT_THAT(owed(), UnorderedElementsAre(ids[1], ids[2]));
}

TEST_P(StoreRetention, StoredCountsRequestsOutcomesAndOutputs) {
  Submission submission = test_submission();
  submission.files[0].content = std::string(10'000, 'x');
  ASSERT_TRUE(insert(*store_, submission));
  const Bytes before = store_->counts()->stored;
  EXPECT_GE(before, Bytes{10'000});
  ASSERT_TRUE(store_->start(submission.id));
  Outcome outcome = test_outcome();
  outcome.runs[0].stdout_text = {.size = {5'000'000}, .object = "runs/0/stdout.txt"};
  ASSERT_TRUE(finish(*store_, submission.id, 1, outcome));
  EXPECT_GE(store_->counts()->stored, before + Bytes{5'000'000});
  ASSERT_EQ(store_->expire(clock_.wall() + hours{1}, kKeepAll, 10)->size(), 1U);
  EXPECT_EQ(store_->counts()->stored, Bytes{0});
}

TEST_P(StoreRetention, AnExpiredKeyIsForgotten) {
  const auto first = insert(*store_, test_submission(), IdempotencyKey{"key", "digest"});
  ASSERT_TRUE(store_->cancel(first->id));
  ASSERT_EQ(store_->expire(clock_.wall() + hours{1}, kKeepAll, 10)->size(), 1U);
  const auto second = insert(*store_, test_submission(), IdempotencyKey{"key", "other"});
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->existed);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreRetention, store_backends(),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace engine
