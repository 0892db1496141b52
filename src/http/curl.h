#pragma once

#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "base/result.h"

// What our users of libcurl share.
namespace engine::http {

inline constexpr std::size_t kHeaderLimit = 64 << 10;  // All headers of an answer, in bytes.
inline constexpr const char* kSchemes = "http,https";  // Also after a redirection.

struct CurlFree {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, CurlFree>;
using List = std::unique_ptr<curl_slist, CurlFree>;

// Starts libcurl, once, whoever comes first. kInternal: it refuses.
Status start_curl();

void append(List& list, const std::string& text);

// 0 where `text` does not begin with a number.
template <typename Number>
Number number_of(std::string_view text) {
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// The status in "HTTP/1.1 200 OK".
int status_of(std::string_view line);

// "Name: value\r\n" taken apart; nothing, if it is no such line.
struct HeaderLine {
  std::string_view name;
  std::string_view value;
};
std::optional<HeaderLine> header_line(std::string_view line);

}  // namespace engine::http
