#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "base/testing/test_directory.h"
#include "store/test_values.h"

namespace engine {

// What the tests of the SQLite store share: its file, and a way behind its back.
class SqliteTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Store>> make() { return make_sqlite_store(options_, clock_); }
  void open() {
    store_.reset();
    auto made = make();
    ASSERT_TRUE(made) << made.error().message;
    store_ = *std::move(made);
  }
  // Runs SQL on a connection of its own; returns the first column of the last row.
  std::string sql(const std::string& text) {
    sqlite3* raw = nullptr;
    EXPECT_EQ(sqlite3_open(options_.path.c_str(), &raw), SQLITE_OK);
    std::string answer;
    const auto keep = [](void* out, int, char** values, char**) {
      *static_cast<std::string*>(out) = values[0] == nullptr ? "" : values[0];
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(raw, text.c_str(), keep, &answer, nullptr), SQLITE_OK)
        << sqlite3_errmsg(raw);
    sqlite3_close(raw);
    return answer;
  }

  TestDirectory directory_;
  HandClock clock_;
  SqliteOptions options_{.path = directory_.path() + "/engine.db", .free_space_floor = 1_KiB};
  std::unique_ptr<Store> store_;
};

}  // namespace engine
