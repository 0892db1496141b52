#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/units.h"

namespace engine {

// Writes one JSON text, members in the order of the calls. Everything that varies is escaped, and
// bytes that are no UTF-8 become U+FFFD, so no input can break out of its string.
class JsonWriter {
 public:
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);  // A plain word of ours: it is not escaped.

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(bool truth);
  JsonWriter& value(std::int64_t number);
  JsonWriter& value(int number) { return value(std::int64_t{number}); }
  JsonWriter& value(Bytes bytes) { return value(bytes.count); }
  JsonWriter& value(Microseconds duration);  // In milliseconds: 12.345, 3, 0.5.
  JsonWriter& value(std::nullopt_t);
  template <typename T>
  JsonWriter& value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : value(std::nullopt);
  }
  // A JSON text that was written before.
  JsonWriter& raw(std::string_view json);

  template <typename T>
  JsonWriter& member(std::string_view name, const T& what) {
    return key(name).value(what);
  }

  std::string take() { return std::move(text_); }

 private:
  void separate();
  void append_string(std::string_view text);

  std::string text_;
  bool comma_ = false;  // Whether the next key or element needs one before it.
};

}  // namespace engine
