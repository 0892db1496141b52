#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace engine {

// Little-endian, whatever the machine.
template <typename Number>
void append_number(std::string& out, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    out += static_cast<char>(number >> (8 * i) & 0xff);
}

// Takes fields off the front of foreign bytes. Once one is missing, so is everything after it.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}

  template <typename Number>
  Number number() {
    const std::string_view raw = bytes(sizeof(Number));
    Number value = 0;
    for (std::size_t i = raw.size(); i > 0; --i)
      value = static_cast<Number>(value << 8 | static_cast<unsigned char>(raw[i - 1]));
    return value;
  }
  std::string_view bytes(std::size_t count) {
    whole_ = whole_ && count <= rest_.size();
    const std::string_view taken = whole_ ? rest_.substr(0, count) : std::string_view{};
    rest_.remove_prefix(taken.size());
    return taken;
  }
  bool at_end() const { return rest_.empty(); }
  bool whole() const { return whole_; }

 private:
  std::string_view rest_;
  bool whole_ = true;
};

}  // namespace engine
