#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace engine::http {

// What a request line asks for, decoded.
struct Target {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;  // In order; "?a" is {"a", ""}.
};

// Reads "/path?query", "http://host/path?query" (its host is ignored) and "*". In the query '+' is
// a space, in the path it is itself.
// kInvalid: no path, a broken '%', or a control character in the path.
Result<Target> decode_target(std::string_view target);

// "%41" -> "A"; '+' stays. kInvalid: a '%' without two hexadecimal digits.
Result<std::string> percent_decode(std::string_view text);

}  // namespace engine::http
