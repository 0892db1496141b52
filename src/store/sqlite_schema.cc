#include "store/sqlite_schema.h"

#include "sqlite/database.h"
#include "store/migrations.h"

namespace engine::sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x45453031;  // As in migrations/sqlite/001_initial.sql.

Status migrate(Connection& connection, const std::string& path) {
  TRY(const auto version, connection.number("PRAGMA user_version"));
  TRY(const auto tables, connection.number("SELECT COUNT(*) FROM sqlite_schema"));
  TRY(const auto application, connection.number("PRAGMA application_id"));
  if (tables > 0 && application != kApplicationId) {
    return Error{Errc::kInternal, "the database '" + path + "' belongs to another program", {}};
  }
  const auto steps = static_cast<std::int64_t>(sqlite_migrations.size());
  if (version > steps) {
    return Error{Errc::kInternal,
                 "the database '" + path + "' was written by a later version of this program",
                 {}};
  }
  for (std::int64_t step = version; step < steps; ++step) {
    const std::string sql(sqlite_migrations[static_cast<std::size_t>(step)]);
    CHECK_OK(connection.run("BEGIN IMMEDIATE;" + sql +
                            ";PRAGMA user_version = " + std::to_string(step + 1) + ";COMMIT"));
  }
  return Ok{};
}

}  // namespace

Result<std::unique_ptr<Connection>> open_database(const std::string& path) {
  TRY(auto connection, open_or_make(path));
  CHECK_OK(migrate(*connection, path));
  return connection;
}

}  // namespace engine::sqlite
