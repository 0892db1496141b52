#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "domain/object.h"

// All objects of one attempt as one file, so that they come and go together:
//
//   "EEPACK1\n"   magic
//   u64           size of the index
//   32 bytes      SHA-256 of the index
//   index         for each object: u32 size of its name, name, u64 offset from the start of the
//                 file, u64 size, 32 bytes SHA-256 of its content
//   contents      one after the other
//
// Numbers are little-endian.
namespace engine {

struct PackEntry {
  std::string name;
  std::int64_t offset = 0;
  std::int64_t size = 0;
  std::string digest;
};

// Makes a new pack, durable when it returns.
Status write_pack(const std::string& path, const std::vector<Object>& objects);

// Where an object lies in an open pack. kNotFound: it has none of that name.  kInternal: the file
// is damaged.  kUnavailable: it cannot be read now. `path` is for the messages only.
Result<PackEntry> find_in_pack(const Fd& file, std::string_view name, const std::string& path);

// Every object, each checked by its digest. Errors likewise.
Result<std::vector<Object>> read_pack(const Fd& file, const std::string& path);

}  // namespace engine
