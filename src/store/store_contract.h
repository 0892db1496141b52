#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/testing/test_directory.h"
#include "store/store.h"
#include "store/test_postgres.h"
#include "store/test_values.h"

// The contract of Store, once, for every implementation of it: what its tests stand on.
namespace engine {

inline constexpr Bytes kKeepAll{std::int64_t{1} << 50};

struct Backend {
  std::string name;
  std::function<Result<std::unique_ptr<Store>>(const std::string& scratch, const Clock& clock)>
      make;
};

class StoreContract : public ::testing::TestWithParam<Backend> {
 protected:
  void SetUp() override { open(); }
  void open() {
    store_.reset();
    auto made = GetParam().make(directory_.path(), clock_);
    ASSERT_TRUE(made) << made.error().message;
    store_ = *std::move(made);
  }
  SubmissionId add() {
    const auto inserted = insert(*store_, test_submission());
    EXPECT_TRUE(inserted) << inserted.error().message;
    return inserted ? inserted->id : SubmissionId{};
  }
  SubmissionId add_started() {
    const auto id = add();
    EXPECT_TRUE(store_->start(id));
    return id;
  }
  SubmissionId add_finished() {
    const auto id = add_started();
    EXPECT_TRUE(finish(*store_, id, 1));
    return id;
  }
  State state_of(const SubmissionId& id) {
    const auto record = store_->find(id);
    EXPECT_TRUE(record);
    return record ? record->state : State{-1};
  }
  std::vector<SubmissionId> unfinished() {
    std::vector<SubmissionId> ids;
    const auto rows = store_->unfinished({}, 1'000);
    EXPECT_TRUE(rows);
    for (const Unfinished& row : *rows)
      ids.push_back(row.id);
    return ids;
  }

  TestDirectory directory_;
  HandClock clock_;
  std::unique_ptr<Store> store_;
};

inline Result<std::unique_ptr<Store>> make_sqlite(const std::string& scratch, const Clock& clock) {
  return make_sqlite_store({.path = scratch + "/engine.db", .free_space_floor = 1_KiB}, clock);
}

// One database for each scratch directory; the one before goes when the next is made.
inline Result<std::unique_ptr<Store>> make_postgres(const std::string& scratch,
                                                    const Clock& clock) {
  static std::string present;
  const std::string database = std::filesystem::path(scratch).filename();
  if (database != present) {
    if (!present.empty()) shared_postgres().drop_database(present);
    shared_postgres().make_database(database);
    present = database;
  }
  return make_postgres_store({.url = shared_postgres().url(database)}, clock);
}

// The implementations.
inline auto store_backends() {
  return ::testing::Values(Backend{"sqlite", make_sqlite}, Backend{"postgres", make_postgres});
}

}  // namespace engine
