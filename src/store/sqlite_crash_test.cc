// What becomes of acknowledged submissions when the engine is killed and when the log is torn.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "store/test_sqlite.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIdSize = 36;

class SqliteCrash : public SqliteTest {
 protected:
  // A child process that inserts one submission after the other and says each id that was
  // acknowledged; killed once it has said `enough`. Returns all it said, in order.
  std::vector<std::string> insert_until_killed(std::size_t enough) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const Fd from_child(ends[0]);
    Fd to_parent(ends[1]);
    const pid_t child = ::fork();
    if (child == 0) insert_for_ever(to_parent.get());
    to_parent = Fd();
    std::string said = read(from_child, enough * kIdSize);
    ::kill(child, SIGKILL);
    said += read(from_child, std::string::npos);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));
    std::vector<std::string> ids;
    for (std::size_t i = 0; i + kIdSize <= said.size(); i += kIdSize)
      ids.push_back(said.substr(i, kIdSize));
    return ids;
  }

  std::vector<std::string> stored_ids() {
    std::vector<std::string> ids;
    const auto rows = store_->unfinished({}, 100'000);
    EXPECT_TRUE(rows);
    for (const Unfinished& row : *rows)
      ids.push_back(row.id.text);
    return ids;
  }

 private:
  [[noreturn]] void insert_for_ever(int pipe) {
    auto store = make();
    for (;;) {
      const auto inserted = insert(**store, test_submission());
      if (!inserted || ::write(pipe, inserted->id.text.data(), kIdSize) < 0) ::_exit(1);
    }
  }

  // Up to `most` bytes, fewer at the end.
  static std::string read(const Fd& file, std::size_t most) {
    std::string bytes;
    char buffer[kIdSize];
    while (bytes.size() < most) {
      const ssize_t got = ::read(file.get(), buffer, sizeof(buffer));
      if (got <= 0) break;
      bytes.append(buffer, static_cast<std::size_t>(got));
    }
    return bytes;
  }
};

TEST_F(SqliteCrash, WhatWasAcknowledgedOutlivesAKill) {
  std::vector<std::string> acknowledged;
  for (const std::size_t enough : {1U, 17U, 60U, 150U}) {
    const auto more = insert_until_killed(enough);
    EXPECT_GE(more.size(), enough);
    acknowledged.insert(acknowledged.end(), more.begin(), more.end());
    open();
    const auto stored = stored_ids();
    const std::set<std::string> known(stored.begin(), stored.end());
    for (const std::string& id : acknowledged)
      ASSERT_TRUE(known.contains(id));
    // At most one more for each kill: committed, and killed before it was said.
    EXPECT_EQ(store_->counts()->queued, static_cast<std::int64_t>(stored.size()));
    store_.reset();
  }
}

class SqliteTornLog : public SqliteCrash, public ::testing::WithParamInterface<int> {
 protected:
  std::string log_path() const { return options_.path + "-wal"; }

  // All but the latest commit is there, in order, and the store works on.
  void expect_all_but_the_last(const std::vector<std::string>& acknowledged) {
    open();
    const auto stored = stored_ids();
    ASSERT_GE(stored.size() + 1, acknowledged.size());
    const auto common = std::min(stored.size(), acknowledged.size());
    EXPECT_TRUE(std::equal(stored.begin(), stored.begin() + static_cast<std::ptrdiff_t>(common),
                           acknowledged.begin()));
    EXPECT_EQ(store_->counts()->queued, static_cast<std::int64_t>(stored.size()));
    EXPECT_TRUE(insert(*store_, test_submission()));
  }
};

TEST_P(SqliteTornLog, ATailThatIsCutOffCostsTheLastCommitOnly) {
  const auto acknowledged = insert_until_killed(40);
  fs::resize_file(log_path(), fs::file_size(log_path()) - static_cast<unsigned>(GetParam()));
  expect_all_but_the_last(acknowledged);
}

TEST_P(SqliteTornLog, ATailOfGarbageCostsTheLastCommitOnly) {
  const auto acknowledged = insert_until_killed(40);
  std::fstream log(log_path(), std::ios::in | std::ios::out | std::ios::binary);
  log.seekp(-GetParam(), std::ios::end);
  log << std::string(static_cast<std::size_t>(GetParam()), '\xa5');
  log.close();
  expect_all_but_the_last(acknowledged);
}

INSTANTIATE_TEST_SUITE_P(Bytes, SqliteTornLog, ::testing::Values(1, 100, 4'096, 4'130));

TEST_F(SqliteCrash, AWholeLogThatIsLostLeavesWhatWasCopied) {
  open();
  const auto id = insert(*store_, test_submission());
  store_.reset();  // Copies the log into the database.
  insert_until_killed(5);
  fs::resize_file(options_.path + "-wal", 7);
  open();
  EXPECT_EQ(stored_ids(), std::vector{id->id.text});
}

}  // namespace
}  // namespace engine
