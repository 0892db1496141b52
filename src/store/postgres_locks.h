#pragma once

#include "store/postgres_connection.h"

// Advisory locks of a database, by which its processes agree who does what. Each has two numbers:
// a space of ours, and what for.
namespace engine::postgres {

inline constexpr int kLocks = 0x45453031;  // "EE01": these.
inline constexpr int kMigrationLock = 1;
inline constexpr int kRetentionLock = 2;

inline constexpr int kDutyLocks = 0x45453032;  // "EE02": one for each duty, by its name's hash.

inline constexpr Statement kTryLock{"try_lock", "SELECT pg_try_advisory_lock($1, $2)"};
inline constexpr Statement kUnlock{"unlock", "SELECT pg_advisory_unlock($1, $2)"};

}  // namespace engine::postgres
