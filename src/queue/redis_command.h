#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engine::redis {

// A Lua script that Redis runs. All of it lives as long as the program.
struct Script {
  std::string_view name;
  int keys = 0;
  std::string_view sha1;  // Of `text`, in hex: the name under which Redis remembers it.
  std::string_view text;
};

// One command, or one call of a script: then `words` are its keys and arguments.
struct Command {
  Command(std::initializer_list<std::string> list) : words(list) {}
  explicit Command(std::vector<std::string> list) : words(std::move(list)) {}
  Command(const Script& called, std::vector<std::string> keys_and_arguments)
      : words(std::move(keys_and_arguments)), script(&called) {}

  std::vector<std::string> words;  // Any bytes.
  const Script* script = nullptr;
};

// As Redis reads it (RESP 2), appended to `out`. A script is named by its hash, or sent whole.
enum class Form { kShort, kWhole };
void encode(const Command& command, Form form, std::string& out);

}  // namespace engine::redis
