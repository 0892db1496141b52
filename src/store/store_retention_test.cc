// The contract of Store: what is removed, and what that leaves.
#include <gtest/gtest.h>

#include "store/store_contract.h"

namespace engine {
namespace {

using std::chrono::hours;

class StoreRetention : public StoreContract {};

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
