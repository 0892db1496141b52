#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/target.h"

// Whatever the request line asks for is refused with a sentence, or is a path without control
// characters and a query; neither is longer than what was sent.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto target = engine::http::decode_target(text);
  if (!target) {
    if (target.error().message.empty()) __builtin_trap();
    return 0;
  }
  if (target->path.empty() || (target->path.front() != '/' && target->path != "*")) {
    __builtin_trap();
  }
  std::size_t total = target->path.size();
  for (const char c : target->path) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) __builtin_trap();
  }
  for (const auto& [name, value] : target->query)
    total += name.size() + value.size();
  if (total > size + 1) __builtin_trap();
  return 0;
}
