#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/encoding.h"
#include "base/fields.h"
#include "base/hash.h"

namespace engine {

// Gathers all that a name stands for. Every text is preceded by its length and every list by its
// count, so that no two lists of parts give the same bytes.
class KeyText {
 public:
  KeyText& add(std::string_view text) {
    append_number(text_, std::uint64_t{text.size()});
    text_ += text;
    return *this;
  }
  KeyText& add(std::int64_t number) {
    append_number(text_, static_cast<std::uint64_t>(number));
    return *this;
  }
  KeyText& add(const std::vector<std::string>& list) {
    append_number(text_, std::uint64_t{list.size()});
    for (const std::string& text : list)
      add(text);
    return *this;
  }

  // 64 hexadecimal digits.
  std::string digest() const { return to_hex(sha256(text_)); }

 private:
  std::string text_;
};

}  // namespace engine
