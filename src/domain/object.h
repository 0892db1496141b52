#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/units.h"

namespace engine {

// One named piece of a submission's output, as it goes to Output. Names are ours, never a
// client's: "log.txt", "runs/0/stdout.txt", "runs/0/files/1".
struct Object {
  std::string name;
  std::string bytes;
  bool operator==(const Object&) const = default;
};

inline Bytes size_of(const std::vector<Object>& objects) {
  Bytes size;
  for (const Object& object : objects)
    size = size + Bytes{static_cast<std::int64_t>(object.bytes.size())};
  return size;
}

}  // namespace engine
