#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "http/http.h"

namespace engine::http {

// How the reader of an answer learns where its body ends.
enum class Framing { kLength, kChunked, kClose };

struct HeadOptions {
  bool http_1_0 = false;
  bool keep_alive = true;
  Framing framing = Framing::kLength;
  std::string_view date;  // As HTTP writes it.
};

// True for the statuses that have no body by definition: 1xx, 204, 304.
bool is_bodiless(int status);

// The status line and the headers, to the empty line.
// kInternal: a header of the response is not allowed on the wire (a line break in it would let a
// stranger's text add headers), or is one that only the server may set.
Result<std::string> response_head(const Response& response, const HeadOptions& options);

// "Sun, 06 Nov 1994 08:49:37 GMT" for seconds since 1970.
std::string http_date(std::int64_t unix_seconds);

}  // namespace engine::http
