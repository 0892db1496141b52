#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "sqlite/connection.h"

namespace engine::sqlite {

// Opens a database for writing, or makes one that only we may read: with a write-ahead log, and
// durable once a commit has returned. Errors as of Connection::open(), and kUnavailable on a disk
// that cannot have the log.
Result<std::unique_ptr<Connection>> open_or_make(const std::string& path);

}  // namespace engine::sqlite
