#include "store/sqlite_connection.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <sqlite3.h>

namespace engine::sqlite {
namespace {

Fault fault_of(int code) {
  switch (code) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return Fault::kNone;
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC: return Fault::kFatal;
    default: break;
  }
  switch (code & 0xff) {  // Without its extension.
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Fault::kFatal;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
    case SQLITE_READONLY:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL: return Fault::kDatabase;
    default: return Fault::kStatement;
  }
}

int note_wal_frames(void* frames, sqlite3*, const char*, int count) {
  *static_cast<int*>(frames) = count;
  return SQLITE_OK;
}

}  // namespace

Connection::Connection(std::string path, sqlite3* raw) : path_(std::move(path)), raw_(raw) {
  // Checkpoints are ours, taken when nobody waits for a commit.
  sqlite3_wal_hook(raw_, note_wal_frames, &wal_frames_);
}

Connection::~Connection() {
  sqlite3_close_v2(raw_);
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, Access access) {
  sqlite3* raw = nullptr;
  const int mode = access == Access::kWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  const int code = sqlite3_open_v2(path.c_str(), &raw, mode | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Connection> connection(new Connection(path, raw));
  if (code != SQLITE_OK) return connection->failure(sqlite3_extended_errcode(raw));
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, 5'000);
  return connection;
}

Status Connection::run(const std::string& sql) {
  const int code = sqlite3_exec(raw_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(code);
  return Ok{};
}

Result<std::int64_t> Connection::number(const std::string& sql) {
  Statement statement(*this, sql.c_str());
  Query query(statement);
  TRY(const bool found, query.next());
  return found ? query.integer(0) : 0;
}

std::int64_t Connection::changes() const {
  return sqlite3_changes64(raw_);
}

std::int64_t Connection::latest_row() const {
  return sqlite3_last_insert_rowid(raw_);
}

bool Connection::in_transaction() const {
  return sqlite3_get_autocommit(raw_) == 0;
}

Status Connection::sync_commits(bool wait) {
  if (wait == commits_wait_) return Ok{};
  CHECK_OK(run(wait ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"));
  commits_wait_ = wait;
  return Ok{};
}

Status Connection::sync_log() {
  sqlite3_file* log = nullptr;
  int code =
      sqlite3_file_control(raw_, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
  if (code == SQLITE_OK && log != nullptr && log->pMethods != nullptr) {
    code = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
  }
  if (code != SQLITE_OK) return failure(code, sqlite3_errstr(code));
  return Ok{};
}

Status Connection::checkpoint() {
  const int code =
      sqlite3_wal_checkpoint_v2(raw_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code != SQLITE_OK && code != SQLITE_BUSY) return failure(code);
  return Ok{};
}

void Connection::distrust_log() {
  sqlite3_db_config(raw_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Fault Connection::take_fault() {
  return std::exchange(fault_, Fault::kNone);
}

Error Connection::failure(int code) {
  return failure(code, sqlite3_errmsg(raw_));
}

Error Connection::failure(int code, const char* says) {
  const Fault fault = fault_of(code);
  Error error{
      fault == Fault::kStatement ? Errc::kInternal : Errc::kUnavailable,
      "the database '" + path_ + "': " + says + " (SQLite's code " + std::to_string(code) + ")",
      {}};
  if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB) {
    error = {Errc::kInternal,
             "the database '" + path_ + "' is damaged or no database; restore it or move it away",
             {}};
  }
  if (fault > fault_) {
    fault_ = fault;
    fault_error_ = error;
  }
  return error;
}

Statement::~Statement() {
  sqlite3_finalize(raw_);
}

int Statement::prepare() {
  if (raw_ != nullptr) return SQLITE_OK;
  return sqlite3_prepare_v3(connection_.raw_, sql_, -1, SQLITE_PREPARE_PERSISTENT, &raw_, nullptr);
}

Query::Query(Statement* statement)
    : connection_(statement->connection_), bound_(statement->prepare()), raw_(statement->raw_) {}

Query::~Query() {
  if (raw_ == nullptr) return;
  sqlite3_reset(raw_);
  sqlite3_clear_bindings(raw_);
}

Result<bool> Query::next() {
  const int code = bound_ != SQLITE_OK ? bound_ : sqlite3_step(raw_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return connection_.failure(code);
}

Status Query::run() {
  TRY(const bool ignored, next());
  std::ignore = ignored;
  return Ok{};
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(raw_, column);
}

std::string_view Query::text(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(raw_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(raw_, column))};
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(raw_, column) == SQLITE_NULL;
}

void Query::bind(int position, std::int64_t value) {
  if (bound_ == SQLITE_OK) bound_ = sqlite3_bind_int64(raw_, position, value);
}

void Query::bind(int position, std::string_view text) {
  if (bound_ != SQLITE_OK) return;
  // A null pointer would be NULL, not the empty text.
  const char* data = text.empty() ? "" : text.data();
  bound_ = sqlite3_bind_text64(raw_, position, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void Query::bind(int position, Blob blob) {
  if (bound_ != SQLITE_OK) return;
  const char* data = blob.bytes.empty() ? "" : blob.bytes.data();
  bound_ = sqlite3_bind_blob64(raw_, position, data, blob.bytes.size(), SQLITE_STATIC);
}

}  // namespace engine::sqlite
