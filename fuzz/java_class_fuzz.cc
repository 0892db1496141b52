#include <cstddef>
#include <cstdint>
#include <string_view>

#include "domain/names.h"
#include "language/java_class.h"

// Whatever the source is, its file's name is fit for the work directory, and its class for argv.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view source(reinterpret_cast<const char*>(data), size);
  const engine::JavaClass found = engine::find_java_class(source);
  if (!engine::check_file_name(found.file_name)) __builtin_trap();
  if (!engine::check_file_name(found.main_class)) __builtin_trap();
  if (found.file_name.find('/') != std::string::npos) __builtin_trap();
  return 0;
}
