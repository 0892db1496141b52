#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace engine::redis {

// What Redis answered to one command. Reading a reply of an unexpected shape gives nil, zero or
// empty text, never a fault: keys may be of the wrong type, and scripts of another version.
struct Reply {
  enum class Kind { kNil, kInteger, kText, kArray, kError };

  Kind kind = Kind::kNil;
  std::int64_t integer = 0;
  std::string text;  // Of kText, and the message of kError.
  std::vector<Reply> elements;

  bool is_nil() const { return kind == Kind::kNil; }
  bool is_integer() const { return kind == Kind::kInteger; }
  bool is_text() const { return kind == Kind::kText; }
  bool is_array() const { return kind == Kind::kArray; }
  bool is_error() const { return kind == Kind::kError; }

  const Reply& at(std::size_t index) const {
    static const Reply nil;
    return index < elements.size() ? elements[index] : nil;
  }
};

}  // namespace engine::redis
