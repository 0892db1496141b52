#include "store/sqlite_schema.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>

#include "base/fd.h"
#include "store/migrations.h"

namespace engine::sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x45453031;  // As in migrations/sqlite/001_initial.sql.

// SQLite would make the file readable for everybody; its companions take over the file's mode.
Status make_file(const std::string& path) {
  const Fd file(::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
  if (file.is_open() || errno == EEXIST) return Ok{};
  return Error{Errc::kUnavailable,
               "cannot make the database '" + path + "': " + std::generic_category().message(errno),
               {}};
}

Status configure(Connection& connection, const std::string& path) {
  // Incremental vacuum can only be chosen while the file is empty.
  CHECK_OK(connection.run("PRAGMA auto_vacuum = INCREMENTAL"));
  CHECK_OK(connection.run("PRAGMA journal_mode = WAL"));
  TRY(const auto has_log,
      connection.number("SELECT journal_mode = 'wal' FROM pragma_journal_mode"));
  if (has_log == 0) {
    return Error{
        Errc::kUnavailable,
        "the database '" + path + "' needs a disk of this machine, for its write-ahead log",
        {}};
  }
  CHECK_OK(connection.run("PRAGMA synchronous = FULL"));
  CHECK_OK(connection.run("PRAGMA temp_store = MEMORY"));
  CHECK_OK(connection.run("PRAGMA cache_size = -16384"));
  return connection.run("PRAGMA journal_size_limit = 67108864");
}

Status migrate(Connection& connection, const std::string& path) {
  TRY(const auto version, connection.number("PRAGMA user_version"));
  TRY(const auto tables, connection.number("SELECT COUNT(*) FROM sqlite_schema"));
  TRY(const auto application, connection.number("PRAGMA application_id"));
  if (tables > 0 && application != kApplicationId) {
    return Error{Errc::kInternal, "the database '" + path + "' belongs to another program", {}};
  }
  const auto steps = static_cast<std::int64_t>(kSqliteMigrations.size());
  if (version > steps) {
    return Error{Errc::kInternal,
                 "the database '" + path + "' was written by a later version of this program",
                 {}};
  }
  for (std::int64_t step = version; step < steps; ++step) {
    const std::string sql(kSqliteMigrations[static_cast<std::size_t>(step)]);
    CHECK_OK(connection.run("BEGIN IMMEDIATE;" + sql +
                            ";PRAGMA user_version = " + std::to_string(step + 1) + ";COMMIT"));
  }
  return Ok{};
}

}  // namespace

Result<std::unique_ptr<Connection>> open_database(const std::string& path) {
  CHECK_OK(make_file(path));
  TRY(auto connection, Connection::open(path, Connection::Access::kWrite));
  CHECK_OK(configure(*connection, path));
  CHECK_OK(migrate(*connection, path));
  return connection;
}

}  // namespace engine::sqlite
