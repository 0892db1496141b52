#include "base/json_writer.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "base/encoding.h"

namespace engine {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

// From `i` past eights of characters that need no escape, of which most texts consist.
std::size_t skip_clean(std::string_view text, std::size_t i) {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  // Whose high bit is set somewhere when one of the eight bytes is less than `limit`.
  const auto less = [](std::uint64_t eight, std::uint64_t limit) {
    return (eight - kOnes * limit) & ~eight;
  };
  std::uint64_t eight = 0;
  for (; i + sizeof(eight) <= text.size(); i += sizeof(eight)) {
    std::memcpy(&eight, text.data() + i, sizeof(eight));
    const std::uint64_t found =
        less(eight, 0x20) | less(eight ^ kOnes * '"', 1) | less(eight ^ kOnes * '\\', 1);
    if ((found & kOnes * 0x80) != 0) break;
  }
  return i;
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
  text_ += '"';
  text_ += name;
  text_ += "\":";
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
  for (std::size_t i = skip_clean(text, 0); i < text.size(); i = skip_clean(text, i + 1)) {
    if (!needs_escape(text[i])) continue;
    text_ += text.substr(clean, i - clean);
    append_escape(text_, text[i]);
    clean = i + 1;
  }
  text_ += text.substr(clean);
  text_ += '"';
}

}  // namespace engine
