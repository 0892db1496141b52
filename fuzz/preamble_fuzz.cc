#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "headers/preamble.h"

namespace {

bool is_fit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-+./").find(c) != std::string_view::npos;
}

}  // namespace

// Whatever the source is, a name that reaches a box of everybody's can only be one of a file in the
// compiler's directories, and stands in the source as it is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  const auto headers = engine::leading_headers(source);
  if (headers.size() > engine::kMostHeaders) __builtin_trap();
  for (const std::string& name : headers) {
    if (name.empty() || name.front() == '/') __builtin_trap();
    if (name.find("..") != std::string::npos) __builtin_trap();
    if (!std::all_of(name.begin(), name.end(), is_fit)) __builtin_trap();
    if (source.find("<" + name + ">") == std::string_view::npos) __builtin_trap();
  }
  return 0;
}
