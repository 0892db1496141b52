#include "store/json_value.h"

#include <stdexcept>

#include "base/encoding.h"

namespace engine::json {

void put_bytes(JsonWriter& json, std::string_view bytes) {
  // A NUL is fit for JSON, but not for the text of every database.
  if (bytes.find('\0') == std::string_view::npos && is_utf8(bytes)) {
    json.value(bytes);
  } else {
    json.begin_object().member("base64", to_base64(bytes)).end_object();
  }
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
