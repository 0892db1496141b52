#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "store/sqlite_connection.h"

namespace engine::sqlite {

// Opens the database for writing, makes it where there is none (for our eyes only), and takes its
// schema to the present version. kUnavailable: it cannot be opened.  kInternal: it is damaged, not
// ours, or of a later version of the program.
Result<std::unique_ptr<Connection>> open_database(const std::string& path);

}  // namespace engine::sqlite
