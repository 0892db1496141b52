#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace engine::redis {

// A Lua script that Redis runs. All of it lives as long as the program.
struct Script {
  std::string_view name;
  int keys = 0;
  std::string_view sha1;  // Of `text`, in hex: the name under which Redis remembers it.
  std::string_view text;
};

enum class Form {
  kShort,  // A script is named by its hash.
  kWhole,  // It is sent whole.
};

// One command, or one call of a script: then its words are the keys and arguments. A word is any
// bytes. Words are kept as Redis reads them, so that there is one piece of memory for all.
class Command {
 public:
  Command() = default;
  Command(std::initializer_list<std::string_view> words);
  explicit Command(const Script& called);

  // The second form adds both as one word.
  Command& add(std::string_view word) { return add(word, {}); }
  Command& add(std::string_view head, std::string_view tail);

  const Script* script() const { return script_; }
  std::size_t size() const { return encoded_.size(); }  // About so many bytes are sent.

 private:
  friend void encode(const Command& command, Form form, std::string& out);

  std::string encoded_;
  std::size_t count_ = 0;
  const Script* script_ = nullptr;
};

// As Redis reads it (RESP 2), appended to `out`.
void encode(const Command& command, Form form, std::string& out);

}  // namespace engine::redis
