#include "queue/redis_command.h"

#include <array>
#include <charconv>

namespace engine::redis {
namespace {

// The call of a script has long words; most other commands have three short ones.
constexpr std::size_t kCallBytes = 1'024;

void append_number(char mark, std::size_t number, std::string& out) {
  std::array<char, 24> text;
  text[0] = mark;
  char* const end = std::to_chars(text.data() + 1, text.data() + text.size() - 2, number).ptr;
  end[0] = '\r';
  end[1] = '\n';
  out.append(text.data(), end + 2);
}

void append_word(std::string_view head, std::string_view tail, std::string& out) {
  append_number('$', head.size() + tail.size(), out);
  out.append(head).append(tail).append("\r\n");
}

}  // namespace

Command::Command(std::initializer_list<std::string_view> words) {
  for (const auto word : words)
    add(word);
}

Command::Command(const Script& called) : script_(&called) {
  encoded_.reserve(kCallBytes);
}

Command& Command::add(std::string_view head, std::string_view tail) {
  append_word(head, tail, encoded_);
  ++count_;
  return *this;
}

void encode(const Command& command, Form form, std::string& out) {
  const Script* const script = command.script_;
  append_number('*', command.count_ + (script == nullptr ? 0 : 3), out);
  if (script != nullptr) {
    append_word(form == Form::kShort ? "EVALSHA" : "EVAL", {}, out);
    append_word(form == Form::kShort ? script->sha1 : script->text, {}, out);
    append_word(std::to_string(script->keys), {}, out);
  }
  out.append(command.encoded_);
}

}  // namespace engine::redis
