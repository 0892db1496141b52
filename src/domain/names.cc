#include "domain/names.h"

#include <algorithm>
#include <cstdint>
#include <map>

#include "base/encoding.h"

namespace engine {
namespace {

constexpr std::size_t kQuotedBytes = 80;

// The code point that starts at `i` of well-formed UTF-8, which is moved past it.
char32_t next_code_point(std::string_view text, std::size_t& i) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  const std::uint8_t lead = byte(i++);
  if (lead < 0x80) return lead;
  int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  char32_t value = lead & (0x3f >> more);
  for (; more > 0; --more)
    value = value << 6 | (byte(i++) & 0x3fU);
  return value;
}

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
}

// Characters that turn the writing direction, so that a name reads as what it is not.
bool is_directional(char32_t c) {
  return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

// What is wrong with the characters of a name; empty: nothing.
std::string_view character_fault(std::string_view name) {
  if (!is_utf8(name)) return "is not valid UTF-8";
  for (std::size_t i = 0; i < name.size();) {
    const char32_t c = next_code_point(name, i);
    if (is_control(c)) return "has a control character";
    if (is_directional(c)) return "has a character that changes the writing direction";
    if (c == '\\') return "has a backslash; parts are separated by '/'";
  }
  return {};
}

std::string_view part_fault(std::string_view part) {
  if (part.empty()) return "has an empty part";
  if (part == "." || part == "..") return "has a part '.' or '..'";
  if (part.size() > kNamePartBytes) return "has a part of more than 255 bytes";
  return {};
}

std::string_view path_fault(std::string_view name) {
  if (name.front() == '/') return "is not relative";
  if (name.front() == '-' || name.front() == '@') return "begins with '-' or '@'";
  for (std::size_t start = 0; start <= name.size();) {
    const std::size_t end = std::min(name.find('/', start), name.size());
    if (const auto fault = part_fault(name.substr(start, end - start)); !fault.empty()) {
      return fault;
    }
    start = end + 1;
  }
  return {};
}

std::string_view name_fault(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > kNameBytes) return "has more than 1024 bytes";
  if (const auto fault = character_fault(name); !fault.empty()) return fault;
  return path_fault(name);
}

// The names seen so far, and every directory that they imply.
class Tree {
 public:
  enum class Kind { kReserved, kFile, kDirectory };

  // What a new file would collide with; empty: it was added.
  std::string add(const std::string& name, Kind kind) {
    for (std::size_t slash = name.find('/'); slash != std::string::npos;
         slash = name.find('/', slash + 1)) {
      const auto [entry, added] = entries_.emplace(name.substr(0, slash), Kind::kDirectory);
      if (entry->second != Kind::kDirectory) return collision(entry->first, entry->second);
    }
    const auto [entry, added] = entries_.emplace(name, kind);
    return added ? std::string{} : collision(name, entry->second);
  }

 private:
  static std::string collision(const std::string& name, Kind kind) {
    switch (kind) {
      case Kind::kReserved: return quote(name) + " is reserved for the compiler's output";
      case Kind::kFile: return quote(name) + " is the name of another file";
      case Kind::kDirectory: return quote(name) + " is a directory of another file";
    }
    return {};
  }

  std::map<std::string, Kind> entries_;
};

}  // namespace

Status check_file_name(std::string_view name) {
  const std::string_view fault = name_fault(name);
  if (fault.empty()) return Ok{};
  return Error{Errc::kInvalid, "the file name " + quote(name) + " " + std::string(fault), {}};
}

Status check_file_names(const std::vector<std::string>& names,
                        const std::vector<std::string>& reserved, const std::string& member) {
  Tree tree;
  for (const std::string& name : reserved)
    tree.add(name, Tree::Kind::kReserved);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string field = member + "[" + std::to_string(i) + "].name";
    if (auto status = check_file_name(names[i]); !status) {
      return Error{Errc::kInvalid, field + ": " + status.error().message, field};
    }
    if (auto fault = tree.add(names[i], Tree::Kind::kFile); !fault.empty()) {
      return Error{Errc::kInvalid, field + ": " + fault, field};
    }
  }
  return Ok{};
}

std::string quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, kQuotedBytes)) {
    if (c < 0x20 || c >= 0x7f) {
      out += "\\x" + to_hex(std::string_view(&c, 1));
    } else {
      out += c;
    }
  }
  return out + (text.size() > kQuotedBytes ? "…'" : "'");
}

}  // namespace engine
