#pragma once

#include <string>

namespace engine {

// One named piece of a submission's output, as it goes to Output. Names are ours, never a
// client's: "log.txt", "runs/0/stdout.txt", "runs/0/files/1".
struct Object {
  std::string name;
  std::string bytes;
  bool operator==(const Object&) const = default;
};

}  // namespace engine
