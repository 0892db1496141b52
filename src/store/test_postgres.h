#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "store/test_values.h"
#include "store/testing/postgres_server.h"

namespace engine {

// The server that the tests share; each has a database of its own, and leaves nothing.
inline testing::PostgresServer& shared_postgres() {
  static testing::PostgresServer server(testing::PostgresServer::Disk::kFast);
  return server;
}

// What the tests of the PostgreSQL store share: a database, and a way behind the store's back.
class PostgresTest : public ::testing::Test {
 protected:
  explicit PostgresTest(testing::PostgresServer& server = shared_postgres()) : server_(server) {
    server_.make_database(database_);
  }
  ~PostgresTest() override {
    store_.reset();
    server_.drop_database(database_);
  }

  Result<std::unique_ptr<Store>> make() { return make_postgres_store(options_, clock_); }
  void open() {
    store_.reset();
    auto made = make();
    ASSERT_TRUE(made) << made.error().message;
    store_ = *std::move(made);
  }
  std::string sql(const std::string& text) { return server_.sql(database_, text); }

  // The rows and the totals say the same.
  void expect_true_totals() {
    EXPECT_EQ(sql("SELECT sum(bytes) = (SELECT coalesce(sum(bytes), 0) FROM submissions)"
                  " FROM totals"),
              "t");
    for (const std::string state : {"queued", "running"}) {
      EXPECT_EQ(
          sql("SELECT sum(" + state + ") = (SELECT count(*) FROM submissions WHERE state = '" +
              state + "') FROM totals"),
          "t");
    }
  }

  testing::PostgresServer& server_;
  const std::string database_ = "engine-" + random_uuid();
  HandClock clock_;
  PostgresOptions options_{.url = server_.url(database_)};
  std::unique_ptr<Store> store_;
};

}  // namespace engine
