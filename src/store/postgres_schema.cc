#include "store/postgres_schema.h"

#include "store/migrations.h"
#include "store/postgres_locks.h"

namespace engine::postgres {
namespace {

// To wait for another process's migration, or for our own.
constexpr Milliseconds kPatience{600'000};

constexpr Statement kReadVersion{"version", "SELECT version FROM engine_schema"};

Status make_version_table(Connection& connection) {
  Status made = connection.run_script(
      "CREATE TABLE IF NOT EXISTS engine_schema (version integer NOT NULL);"
      "INSERT INTO engine_schema SELECT 0 WHERE NOT EXISTS (SELECT FROM engine_schema)");
  if (made || made.error().code == Errc::kUnavailable) return made;
  return Error{Errc::kInvalid, made.error().message + "; let its user own the database", {}};
}

Status apply(Connection& connection, std::size_t step) {
  // All of it at once is one transaction.
  return connection.run_script(
      std::string(kPostgresMigrations[step]) +
          ";UPDATE engine_schema SET version = " + std::to_string(step + 1),
      kPatience);
}

}  // namespace

Status migrate(const Server& server) {
  TRY(const auto connection, server.connect());
  // The session's end lets go of the lock.
  const std::string lock = std::to_string(kLocks) + "," + std::to_string(kMigrationLock);
  CHECK_OK(connection->run_script(
      "SET statement_timeout = 0; SELECT pg_advisory_lock(" + lock + ")", kPatience));
  CHECK_OK(make_version_table(*connection));
  TRY(const Rows rows, connection->run(kReadVersion));
  const auto version = static_cast<std::size_t>(rows.integer(0, 0));
  if (version > kPostgresMigrations.size()) {
    return Error{Errc::kInvalid,
                 server.name() + " was written by a later version of this program; start that one",
                 {}};
  }
  for (std::size_t step = version; step < kPostgresMigrations.size(); ++step)
    CHECK_OK(apply(*connection, step));
  return Ok{};
}

}  // namespace engine::postgres
