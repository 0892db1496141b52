#include <cstddef>
#include <cstdint>
#include <string_view>

#include "language/command.h"
#include "language/language.h"

// Any text is refused with a sentence, or is a definition whose commands can be filled in.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto language = engine::parse_language(text, "x");
  if (!language) {
    if (language.error().message.empty()) __builtin_trap();
    return 0;
  }
  const engine::CommandInputs inputs{.entry = "main.x", .sources = {"main.x"}, .options = {"-x"}};
  for (const auto* command : {&language->compile, &language->run, &language->check}) {
    const auto argv = engine::expand(*language, *command, inputs);
    if (!command->empty() && argv.empty()) __builtin_trap();
  }
  if (engine::option_allowed(*language, "")) __builtin_trap();
  return 0;
}
