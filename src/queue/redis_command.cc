#include "queue/redis_command.h"

namespace engine::redis {
namespace {

void append_word(std::string_view word, std::string& out) {
  out.append("$").append(std::to_string(word.size())).append("\r\n");
  out.append(word).append("\r\n");
}

}  // namespace

void encode(const Command& command, Form form, std::string& out) {
  const std::size_t before = command.script == nullptr ? 0 : 3;
  out.append("*").append(std::to_string(command.words.size() + before)).append("\r\n");
  if (const Script* script = command.script) {
    append_word(form == Form::kShort ? "EVALSHA" : "EVAL", out);
    append_word(form == Form::kShort ? script->sha1 : script->text, out);
    append_word(std::to_string(script->keys), out);
  }
  for (const auto& word : command.words)
    append_word(word, out);
}

}  // namespace engine::redis
