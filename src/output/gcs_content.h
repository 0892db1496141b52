#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace engine::gcs {

// As Google gives them for every object: raw bytes in base64.
struct Checksums {
  std::string md5;
  std::string crc32c;  // Castagnoli, the most significant byte first.
};
Checksums checksums_of(std::string_view bytes);

// gzip, the same bytes for the same input at all times.
std::string gzip(std::string_view bytes);
// kConflict: no whole gzip stream of exactly `size` bytes.
Result<std::string> gunzip(std::string_view packed, std::size_t size);

}  // namespace engine::gcs
