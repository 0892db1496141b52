#include "http/curl.h"

#include <algorithm>
#include <new>
#include <tuple>

#include "http/text.h"

namespace engine::http {

Status start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) return Error{Errc::kInternal, "libcurl could not be started"};
  return Ok{};
}

void append(List& list, const std::string& text) {
  curl_slist* longer = curl_slist_append(list.get(), text.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  std::ignore = list.release();
  list.reset(longer);
}

int status_of(std::string_view line) {
  return number_of<int>(line.substr(std::min(line.size(), line.find(' ') + 1)));
}

std::optional<HeaderLine> header_line(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto value = line.substr(colon + 1, line.find_first_of("\r\n") - colon - 1);
  return HeaderLine{.name = line.substr(0, colon), .value = trim_blanks(value)};
}

}  // namespace engine::http
