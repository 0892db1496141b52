#include "api/json_writer.h"

#include <cstdlib>

#include "base/encoding.h"

namespace engine::api {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

void append_escape(std::string& text, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  text += '\\';
  switch (c) {
    case '"':
    case '\\': text += c; return;
    case '\n': text += 'n'; return;
    case '\r': text += 'r'; return;
    case '\t': text += 't'; return;
    default: break;
  }
  text += "u00";
  text += kHex[static_cast<unsigned char>(c) >> 4];
  text += kHex[static_cast<unsigned char>(c) & 0xf];
}

std::string replace_foreign_bytes(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (static_cast<unsigned char>(c) < 0x80) {
      text += c;
    } else {
      text += kReplacement;
    }
  }
  return text;
}

}  // namespace

void JsonWriter::separate() {
  if (comma_) text_ += ',';
  comma_ = true;
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  text_ += '{';
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  text_ += '}';
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  text_ += '[';
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  text_ += ']';
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  append_string(name);
  text_ += ':';
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  if (is_utf8(text)) {
    append_string(text);
  } else {
    append_string(replace_foreign_bytes(text));
  }
  return *this;
}

JsonWriter& JsonWriter::value(bool truth) {
  return raw(truth ? "true" : "false");
}

JsonWriter& JsonWriter::value(std::int64_t number) {
  return raw(std::to_string(number));
}

JsonWriter& JsonWriter::value(Microseconds duration) {
  const std::int64_t count = duration.count();
  std::string number = count < 0 ? "-" : "";
  number += std::to_string(std::abs(count / 1000));
  const auto fraction = static_cast<int>(std::abs(count % 1000));
  if (fraction != 0) {
    std::string digits = std::to_string(1000 + fraction).substr(1);
    digits.erase(digits.find_last_not_of('0') + 1);
    number += "." + digits;
  }
  return raw(number);
}

JsonWriter& JsonWriter::value(std::nullopt_t) {
  return raw("null");
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  text_ += json;
  return *this;
}

void JsonWriter::append_string(std::string_view text) {
  text_ += '"';
  std::size_t clean = 0;  // Where the characters begin that need no escape.
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!needs_escape(text[i])) continue;
    text_ += text.substr(clean, i - clean);
    append_escape(text_, text[i]);
    clean = i + 1;
  }
  text_ += text.substr(clean);
  text_ += '"';
}

}  // namespace engine::api
