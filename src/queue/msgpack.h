#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace engine {

// Writes MessagePack, as much of it as BullMQ's scripts read. Calls chain; a map is announced with
// its number of pairs and followed by key, value, key, value.
class Msgpack {
 public:
  Msgpack& nil();
  Msgpack& boolean(bool value);
  Msgpack& integer(std::int64_t value);
  Msgpack& text(std::string_view value);
  Msgpack& array(std::uint32_t count);
  Msgpack& map(std::uint32_t pairs);

  const std::string& bytes() const { return bytes_; }

 private:
  void number(char tag, std::uint64_t value, int size);

  std::string bytes_;
};

}  // namespace engine
