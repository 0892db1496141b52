#include "store/json_value.h"

#include <stdexcept>

#include "base/encoding.h"

namespace engine::json {

Value from_bytes(std::string_view bytes, Arena& arena) {
  // A NUL is fit for JSON, but not for the text of every database.
  if (bytes.find('\0') == std::string_view::npos && is_utf8(bytes)) {
    return boost::json::string(bytes, arena.storage());
  }
  return make_object(
      {
          {"base64", to_base64(bytes)}
  },
      arena);
}

std::string to_bytes(const Value& value) {
  if (value.is_string()) return to_text(value);
  auto bytes = from_base64(to_text(value.at("base64")));
  if (!bytes) throw std::invalid_argument(bytes.error().message);
  return *std::move(bytes);
}

std::string to_text(const Value& value) {
  const boost::json::string& text = value.as_string();
  return {text.data(), text.size()};
}

}  // namespace engine::json
