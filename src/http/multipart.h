#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace engine::http {

// One part of a multipart/form-data body (RFC 7578). Views point into the body.
struct FormPart {
  std::string name;
  std::string file_name;  // As sent, unchecked; empty when the part is no file.
  bool is_file = false;
  std::string_view content;
};

// kInvalid, with a sentence that says what is wrong: no boundary, an unterminated part, a header
// that cannot be read, more than `most_parts` parts. Accepts what browsers, curl and Node send.
Result<std::vector<FormPart>> parse_multipart(std::string_view content_type, std::string_view body,
                                              std::size_t most_parts);

}  // namespace engine::http
