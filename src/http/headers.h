#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engine::http {

using Headers = std::vector<std::pair<std::string, std::string>>;  // In order; names as sent.

// The value of the first header of that name, whatever its case; nullptr: none.
const std::string* find_header(const Headers& headers, std::string_view name);

}  // namespace engine::http
