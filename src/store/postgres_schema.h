#pragma once

#include "base/result.h"
#include "store/postgres_server.h"

namespace engine::postgres {

// Advisory locks of a database: the first of their two numbers, "EE01"; the second says what for.
inline constexpr int kLocks = 0x45453031;
inline constexpr int kMigrationLock = 1;
inline constexpr int kRetentionLock = 2;

// Takes the schema to the present version; of many processes one does so, and the others wait.
// kInvalid: it is of a later version of the program, or we may make no tables.  kInternal: another
// program's tables are in the way.  Else as Server::connect().
Status migrate(const Server& server);

}  // namespace engine::postgres
