#pragma once

#include <span>
#include <string_view>

namespace engine {

// The steps from an empty database to the present schema, oldest first, from migrations/*/*.sql.
// The number of steps that a database has gone is its version.
extern const std::span<const std::string_view> kSqliteMigrations;
extern const std::span<const std::string_view> kPostgresMigrations;

}  // namespace engine
