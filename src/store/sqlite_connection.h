#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace engine::sqlite {

// What a failed call means for the transaction that it was part of.
enum class Fault {
  kNone,
  kStatement,  // This statement cannot be; others can.
  kDatabase,   // Nothing can be written now: disk full, locked, an I/O error. It may pass.
  kFatal,      // What is on the disk cannot be trusted: a failed sync, corruption.
};

// One connection; not safe for two threads at once. Must not be moved while statements refer to it.
class Connection {
 public:
  enum class Access { kRead, kWrite };

  // kUnavailable: it cannot be opened.  kInternal: it is damaged, or no database.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, Access access);
  ~Connection();

  // Statements without parameters, whose rows nobody wants.
  Status run(const std::string& sql);
  Result<std::int64_t> number(const std::string& sql);  // The first column of the first row.

  std::int64_t changes() const;     // Rows that the latest statement wrote.
  std::int64_t latest_row() const;  // The key of the row that was inserted last.
  bool in_transaction() const;
  int unsaved_frames() const { return wal_frames_; }  // Pages in the log, as of the latest commit.

  // Whether a commit from now on waits for the disk. Not within a transaction.
  Status sync_commits(bool wait);
  // Has the disk take all that was committed.
  Status sync_log();

  // Copies the log into the database as far as readers allow.
  Status checkpoint();
  void distrust_log();  // Keeps the destructor from copying the log.

  // The worst fault since it was last taken, and the error that came with it.
  Fault fault() const { return fault_; }
  const Error& fault_error() const { return fault_error_; }
  Fault take_fault();

  Error failure(int code);  // Describes the latest call's result code, and notes its fault.

 private:
  friend class Statement;
  Connection(std::string path, sqlite3* raw);
  Error failure(int code, const char* says);

  std::string path_;
  sqlite3* raw_;
  Fault fault_ = Fault::kNone;
  Error fault_error_;
  int wal_frames_ = 0;
  bool commits_wait_ = true;
};

// One SQL statement, prepared when it is first used and kept. `connection` outlives it.
class Statement {
 public:
  Statement(Connection& connection, const char* sql) : connection_(connection), sql_(sql) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

 private:
  friend class Query;
  int prepare();

  Connection& connection_;
  const char* sql_;
  sqlite3_stmt* raw_ = nullptr;
};

struct Blob {
  std::string_view bytes;
};

// One execution of a statement; its destructor ends it, and with it the read transaction. What is
// bound, strings in particular, outlives it. A failure to bind shows in next().
class Query {
 public:
  template <typename... Parameters>
  explicit Query(Statement& statement, const Parameters&... parameters) : Query(&statement) {
    int position = 0;
    (bind(++position, parameters), ...);
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  Result<bool> next();  // True: there is a row, whose columns may be read.
  Status run();         // For statements without rows.

  std::int64_t integer(int column) const;
  int small(int column) const { return static_cast<int>(integer(column)); }
  std::string_view text(int column) const;  // Valid until next() or the end.
  bool is_null(int column) const;

 private:
  explicit Query(Statement* statement);
  void bind(int position, std::int64_t value);
  void bind(int position, int value) { bind(position, std::int64_t{value}); }
  void bind(int position, std::string_view text);
  void bind(int position, const std::string& text) { bind(position, std::string_view(text)); }
  void bind(int position, Blob blob);
  template <typename T>
  void bind(int position, const std::optional<T>& value) {
    if (value) bind(position, *value);
  }

  Connection& connection_;
  int bound_;  // The first failure to prepare or bind.
  sqlite3_stmt* const raw_;
};

}  // namespace engine::sqlite
