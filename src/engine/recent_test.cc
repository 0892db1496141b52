#include "engine/recent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/testing/house.h"

namespace engine {
namespace {

using testing::House;

std::shared_ptr<const Record> finished(const std::string& id, std::size_t text = 0) {
  Record record{.id = {id}, .language = "bash", .state = State::kFinished};
  record.outcome.emplace().runs.emplace_back().stdout_text.head = std::string(text, 'x');
  return std::make_shared<Record>(std::move(record));
}

class RecentTest : public ::testing::Test {
 protected:
  void keep(std::shared_ptr<const Record> record) { recent_.keep(record, recent_.begin_look()); }
  bool has(const char* id) { return recent_.find({id}) != nullptr; }

  Recent recent_{Bytes{9'000}};
};

TEST_F(RecentTest, KeepsWhatIsOverAndSmall) {
  const auto record = finished("a");
  keep(record);
  EXPECT_EQ(recent_.find({"a"}), record);
  EXPECT_FALSE(has("b"));
  keep(std::make_shared<Record>(Record{.id = {"queued"}}));
  keep(std::make_shared<Record>(Record{.id = {"running"}, .state = State::kRunning}));
  keep(finished("large", 17 << 10));
  for (const char* id : {"queued", "running", "large"})
    EXPECT_FALSE(has(id)) << id;
  keep(std::make_shared<Record>(Record{.id = {"cancelled"}, .state = State::kCancelled}));
  EXPECT_TRUE(has("cancelled"));
}

TEST_F(RecentTest, DropsWhatWasNotAskedForTheLongest) {
  for (const char* id : {"a", "b", "c"})
    keep(finished(id));
  EXPECT_TRUE(has("a"));
  keep(finished("d"));
  EXPECT_TRUE(has("a"));
  EXPECT_FALSE(has("b"));
  keep(finished("e", 6'000));
  EXPECT_TRUE(has("e"));
  EXPECT_FALSE(has("c"));
}

TEST_F(RecentTest, ForgetsAtOnceAndKeepsNothingThatWasReadBefore) {
  keep(finished("a"));
  keep(finished("b"));
  const auto look = recent_.begin_look();
  const std::vector<SubmissionId> gone{{"a"}, {"unknown"}};
  recent_.forget(gone);
  EXPECT_FALSE(has("a"));
  EXPECT_TRUE(has("b"));
  recent_.keep(finished("a"), look);
  EXPECT_FALSE(has("a"));
  recent_.forget_all();
  EXPECT_FALSE(has("b"));
  keep(finished("a", 6'000));
  EXPECT_TRUE(has("a"));
}

class RecentInEngine : public ::testing::Test {
 protected:
  SubmissionId finish() {
    const auto id = house_.accept();
    EXPECT_TRUE(testing::eventually([&] { return house_.state(id) == State::kFinished; }));
    return id;
  }
  int finds_for(const SubmissionId& id) {
    const int before = house_.store.finds();
    const auto found = house_.engine->find(id, house_.owner);
    EXPECT_TRUE(found && **found == *house_.store.find(id));
    return house_.store.finds() - before - 1;
  }
  static EngineOptions options(bool shared) {
    auto options = testing::test_options();
    options.shared = shared;
    options.retention_age = std::chrono::seconds{100};
    return options;
  }

  House house_{options(false)};
};

TEST_F(RecentInEngine, TheStoreIsAskedOnceAndSaysTheSame) {
  ASSERT_TRUE(house_.engine->start());
  const auto id = finish();
  EXPECT_EQ(house_.engine->at_hand(id, house_.owner), nullptr);
  EXPECT_EQ(finds_for(id), 1);
  EXPECT_EQ(finds_for(id), 0);
  const auto record = house_.engine->at_hand(id, house_.owner);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(*record, *house_.store.find(id));
}

TEST_F(RecentInEngine, AStrangerLearnsNothing) {
  ASSERT_TRUE(house_.engine->start());
  const auto id = finish();
  EXPECT_EQ(finds_for(id), 1);
  EXPECT_EQ(house_.engine->at_hand(id, {"bob"}), nullptr);
  EXPECT_EQ(house_.engine->find(id, {"bob"}).error().code, Errc::kNotFound);
}

TEST_F(RecentInEngine, WhatIsNotOverIsAskedForEachTime) {
  const auto id = house_.accept();
  EXPECT_EQ(finds_for(id), 1);
  EXPECT_EQ(finds_for(id), 1);
}

TEST_F(RecentInEngine, WhatHasExpiredIsNotFound) {
  ASSERT_TRUE(house_.engine->start());
  const auto id = finish();
  EXPECT_EQ(finds_for(id), 1);
  house_.clock.advance(std::chrono::seconds{101});
  house_.store.fail_inserts_with(Error{Errc::kOverloaded, "the disk is full", {}});
  EXPECT_FALSE(house_.submit(testing::bash()));  // Which wakes the retention.
  EXPECT_TRUE(
      testing::eventually([&] { return !house_.engine->find(id, house_.owner).has_value(); }));
  EXPECT_EQ(house_.engine->at_hand(id, house_.owner), nullptr);
}

TEST(RecentWithOthers, TheStoreIsAskedEachTime) {
  auto options = testing::test_options();
  options.shared = true;
  House house(options);
  const auto id = house.accept();
  ASSERT_TRUE(house.store.cancel(id));
  for (int round = 0; round < 2; ++round) {
    const int before = house.store.finds();
    EXPECT_TRUE(house.engine->find(id, house.owner));
    EXPECT_EQ(house.store.finds(), before + 1);
    EXPECT_EQ(house.engine->at_hand(id, house.owner), nullptr);
  }
}

}  // namespace
}  // namespace engine
