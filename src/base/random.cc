#include "base/random.h"

#include <stdexcept>

#include <sys/random.h>

#include "base/encoding.h"

namespace engine {

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t filled = 0;
  while (filled < count) {
    const ssize_t got = ::getrandom(bytes.data() + filled, count - filled, 0);
    if (got <= 0) throw std::runtime_error("getrandom: the kernel gives no randomness");
    filled += static_cast<std::size_t>(got);
  }
  return bytes;
}

std::string random_uuid() {
  std::string raw = random_bytes(16);
  raw[6] = static_cast<char>((raw[6] & 0x0f) | 0x40);  // Version 4.
  raw[8] = static_cast<char>((raw[8] & 0x3f) | 0x80);  // RFC 4122 variant.
  std::string text = to_hex(raw);
  for (const std::size_t dash : {20U, 16U, 12U, 8U})
    text.insert(dash, 1, '-');
  return text;
}

}  // namespace engine
