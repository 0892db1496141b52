// The database file: who may open it, what it does when it is not ours, and how large it gets.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include <sys/stat.h>

#include "store/migrations.h"
#include "store/test_sqlite.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

class SqliteFile : public SqliteTest {
 protected:
  std::string open_fault() {
    const auto made = make();
    EXPECT_FALSE(made);
    return made ? "" : made.error().message;
  }
  void expect_refused_for(const std::string& reason) {
    const std::string message = open_fault();
    EXPECT_NE(message.find(reason), std::string::npos) << message;
    EXPECT_NE(message.find(options_.path), std::string::npos) << message;
  }
};

TEST_F(SqliteFile, MayBeReadByNobodyElse) {
  open();
  ASSERT_TRUE(insert(*store_, test_submission()));
  int files = 0;
  for (const auto& entry : fs::directory_iterator(directory_.path())) {
    struct stat status{};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 4);  // Database, log, the log's index, lock.
}

TEST_F(SqliteFile, IsOpenedByOneEngineAtATime) {
  open();
  expect_refused_for("another engine");
  store_.reset();
  EXPECT_TRUE(make());
}

TEST_F(SqliteFile, GarbageIsRefusedAndKept) {
  std::ofstream(options_.path) << std::string(10'000, 'x');
  expect_refused_for("no database");
  EXPECT_EQ(fs::file_size(options_.path), 10'000U);
}

TEST_F(SqliteFile, ADirectoryThatIsNotThereIsRefused) {
  options_.path = directory_.path() + "/nowhere/engine.db";
  expect_refused_for("cannot make");
}

TEST_F(SqliteFile, AnotherProgramsDatabaseIsRefused) {
  sql("CREATE TABLE accounts (id INTEGER)");
  expect_refused_for("another program");
}

TEST_F(SqliteFile, ALaterVersionIsRefused) {
  open();
  store_.reset();
  sql("PRAGMA user_version = 1000");
  expect_refused_for("later version");
}

TEST_F(SqliteFile, DebtsOfAnEarlierVersionAreKept) {
  constexpr std::size_t kBeforeNumbers = 4;
  for (const std::string_view step : kSqliteMigrations.first(kBeforeNumbers))
    sql(std::string(step));
  sql("INSERT INTO owed (id) VALUES ('b'), ('a'); PRAGMA user_version = " +
      std::to_string(kBeforeNumbers));
  open();
  const auto owed = store_->owed({}, 10);
  ASSERT_EQ(owed->size(), 2U);
  EXPECT_EQ(owed->front().id, SubmissionId{"a"});
  ASSERT_TRUE(store_->paid({owed->front()}));
  EXPECT_EQ(*store_->owed({}, 10), (std::vector{owed->back()}));
}

TEST_F(SqliteFile, ADamagedPageIsAnErrorAndNoCrash) {
  open();
  for (int i = 0; i < 50; ++i)
    ASSERT_TRUE(insert(*store_, test_submission()));
  const auto id = store_->unfinished({}, 1)->front().id;
  store_.reset();
  const auto size = static_cast<std::int64_t>(fs::file_size(options_.path));
  std::fstream file(options_.path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4'096) << std::string(static_cast<std::size_t>(size - 4'096), '\x5a');
  file.close();
  const auto made = make();
  if (!made) return;  // Noticed at once, which is as good.
  EXPECT_EQ((*made)->find(id).error().code, Errc::kInternal);
  EXPECT_FALSE(insert(**made, test_submission()));
  EXPECT_TRUE((*made)->problem());
}

TEST_F(SqliteFile, ADamagedRowIsAnErrorForItAlone) {
  open();
  const auto damaged = insert(*store_, test_submission())->id;
  const auto good = insert(*store_, test_submission())->id;
  for (const auto& id : {damaged, good}) {
    ASSERT_TRUE(store_->start(id));
    ASSERT_TRUE(finish(*store_, id, 1));
  }
  sql("UPDATE outcomes SET body = '{\"v\":1,' WHERE sequence = 1");
  sql("UPDATE requests SET body = x'00' || body WHERE 0");
  EXPECT_EQ(store_->find(damaged).error().code, Errc::kInternal);
  EXPECT_TRUE(store_->find(good));
}

TEST_F(SqliteFile, TotalsAreTheSumsOfTheRows) {
  open();
  leave_some_in_every_state(*store_);
  EXPECT_EQ(sql("SELECT bytes = (SELECT SUM(bytes) FROM submissions) FROM totals"), "1");
  for (const std::string state : {"queued", "running"}) {
    EXPECT_EQ(sql("SELECT " + state + " = (SELECT COUNT(*) FROM submissions WHERE state = '" +
                  state + "') FROM totals"),
              "1");
  }
  EXPECT_EQ(store_->counts()->queued, 5);
  EXPECT_EQ(store_->counts()->running, 2);
}

TEST_F(SqliteFile, WorkersThatAreSilentAreForgotten) {
  open();
  ASSERT_TRUE(store_->announce({.id = "silent"}));
  clock_.pass(std::chrono::seconds{30});
  ASSERT_TRUE(store_->announce({.id = "alive"}));
  EXPECT_EQ(store_->workers(std::chrono::seconds{30})->size(), 2U);
  EXPECT_EQ(store_->workers(std::chrono::seconds{29})->size(), 1U);
  EXPECT_EQ(sql("SELECT COUNT(*) FROM workers"), "2");
  clock_.pass(Store::kForgottenAfter - std::chrono::seconds{29});
  ASSERT_TRUE(store_->announce({.id = "alive"}));
  EXPECT_EQ(sql("SELECT COUNT(*) FROM workers"), "1");
}

// Makes the database blow up every request that is stored from now on to 100 kB, which is much
// quicker than to encode as much.
class SqliteLargeFile : public SqliteFile {
 protected:
  void SetUp() override {
    open();
    sql("CREATE TRIGGER blow_up AFTER INSERT ON requests BEGIN"
        " UPDATE requests SET body = hex(zeroblob(50000)) WHERE sequence = NEW.sequence; END");
  }
};

TEST_F(SqliteLargeFile, ShrinksWhenMostOfItIsGone) {
  for (int i = 0; i < 150; ++i)
    ASSERT_TRUE(store_->cancel(insert(*store_, test_submission())->id));
  while (!store_->expire(clock_.wall() + std::chrono::hours{1}, Bytes{0}, 20)->empty()) {
  }
  // Each write gives the writer an occasion for one more step.
  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(insert(*store_, test_submission()));
  store_.reset();
  EXPECT_LT(fs::file_size(options_.path), 6'000'000U);  // Of 15 MB.
  open();
  EXPECT_EQ(store_->counts()->queued, 10);
}

TEST_F(SqliteLargeFile, HasALogThatDoesNotGrowForEver) {
  std::uintmax_t largest = 0;
  for (int i = 0; i < 400; ++i) {
    ASSERT_TRUE(insert(*store_, test_submission()));
    largest = std::max(largest, fs::file_size(options_.path + "-wal"));
  }
  EXPECT_GT(largest, 10'000'000U);
  EXPECT_LT(largest, 20'000'000U);  // Of 40 MB.
}

}  // namespace
}  // namespace engine
