#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

// File calls that finish what they began, with errors by consequence: kOverloaded when the disk is
// full, kNotFound when the file is not there, else kUnavailable.
namespace engine::files {

Error error(std::string_view what, const std::string& path, int error_number);

Result<Fd> open(const std::string& path, int flags);
Result<Fd> create(const std::string& path);  // For writing, mode 0600; it must not exist yet.

// True: it was made just now, mode 0700.  False: it is there already.
Result<bool> make_directory(const std::string& path);

// `path` is for the error's message only.
Status write_all(const Fd& file, std::string_view bytes, const std::string& path);

// Exactly `size` bytes from `offset` on; kNotFound where the file is shorter.
Result<std::string> read_at(const Fd& file, std::int64_t offset, std::int64_t size,
                            const std::string& path);

// What lies in a directory, what was changed longest ago first. Nothing where it cannot be read.
struct Entry {
  std::string name;
  std::string path;
  std::int64_t size = 0;  // Bytes.
};
std::vector<Entry> oldest_first(const std::string& directory);

// Makes the names in a directory durable.
Status sync_directory(const std::string& path);

}  // namespace engine::files
