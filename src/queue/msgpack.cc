#include "queue/msgpack.h"

namespace engine {

Msgpack& Msgpack::nil() {
  bytes_ += '\xc0';
  return *this;
}

Msgpack& Msgpack::boolean(bool value) {
  bytes_ += value ? '\xc3' : '\xc2';
  return *this;
}

Msgpack& Msgpack::integer(std::int64_t value) {
  if (value >= 0 && value < 128) {
    bytes_ += static_cast<char>(value);
  } else {
    number('\xd3', static_cast<std::uint64_t>(value), 8);
  }
  return *this;
}

Msgpack& Msgpack::text(std::string_view value) {
  if (value.size() < 32) {
    bytes_ += static_cast<char>(0xa0 | value.size());
  } else {
    number('\xdb', value.size(), 4);
  }
  bytes_ += value;
  return *this;
}

Msgpack& Msgpack::array(std::uint32_t count) {
  number('\xdd', count, 4);
  return *this;
}

Msgpack& Msgpack::map(std::uint32_t pairs) {
  number('\xdf', pairs, 4);
  return *this;
}

void Msgpack::number(char tag, std::uint64_t value, int size) {
  bytes_ += tag;
  for (int byte = size - 1; byte >= 0; --byte)
    bytes_ += static_cast<char>(value >> (8 * byte));
}

}  // namespace engine
