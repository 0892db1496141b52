#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace engine::gcs {

// What one attempt's outputs are. Written when all of them are there, so that half of them are
// never taken for the whole; it names the generation of each, so that what another put left or
// began is not taken for theirs.
struct Entry {
  std::string name;
  std::int64_t size = 0;    // Of the bytes that were put.
  std::int64_t stored = 0;  // As they are kept.
  std::string generation;
  std::string md5;  // Of what is kept; may be empty.
  bool is_gzip = false;
};

inline constexpr Bytes kManifestLimit = 16_MiB;

std::string to_manifest(const std::vector<Entry>& entries);
// kNotFound: it lists no such name.  kUnavailable: it is none of ours, or damaged.
Result<Entry> find_in_manifest(std::string_view manifest, std::string_view name);

}  // namespace engine::gcs
