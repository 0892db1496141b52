#include "http/http.h"

#include "http/text.h"

namespace engine::http {

const std::string* find_header(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (same_name(key, name)) return &value;
  }
  return nullptr;
}

const std::string* Request::header(std::string_view name) const {
  return find_header(headers, name);
}

const std::string* Request::parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return &value;
  }
  return nullptr;
}

}  // namespace engine::http
