#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/multipart.h"

// The first line is the Content-Type, the rest the body. Whatever they are, the form is refused
// with a sentence, or its parts lie in the body, in order and apart.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMostParts = 8;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto content_type = text.substr(0, text.find('\n'));
  const auto body = text.substr(std::min(size, content_type.size() + 1));
  const auto parts = engine::http::parse_multipart(content_type, body, kMostParts);
  if (!parts) {
    if (parts.error().message.empty()) __builtin_trap();
    return 0;
  }
  if (parts->size() > kMostParts) __builtin_trap();
  const char* end = body.data();
  for (const auto& part : *parts) {
    if (part.content.data() < end) __builtin_trap();
    end = part.content.data() + part.content.size();
    if (!part.is_file && !part.file_name.empty()) __builtin_trap();
  }
  if (end > body.data() + body.size()) __builtin_trap();
  return 0;
}
