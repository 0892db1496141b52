#include "sqlite/database.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>

#include "base/fd.h"

namespace engine::sqlite {
namespace {

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

}  // namespace

Result<std::unique_ptr<Connection>> open_or_make(const std::string& path) {
  CHECK_OK(make_file(path));
  TRY(auto connection, Connection::open(path, Connection::Access::kWrite));
  CHECK_OK(configure(*connection, path));
  return connection;
}

}  // namespace engine::sqlite
