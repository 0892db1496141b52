#include "headers/preamble.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace engine {
namespace {

constexpr std::size_t kMostName = 100;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '+' || c == '.' || c == '/';
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= kMostName && name.front() != '/' &&
         name.find("..") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

// True where lines might be joined, so that what looks like two is one.
bool may_join(std::string_view text) {
  for (std::size_t at = text.find('\\'); at != std::string_view::npos;
       at = text.find('\\', at + 1)) {
    std::size_t next = at + 1;
    while (next < text.size() && is_blank(text[next]))
      ++next;
    if (next == text.size() || text[next] == '\n') return true;
  }
  return text.find("?\?/") != std::string_view::npos;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  // The next line that includes a header; nothing at the first of what is neither that nor a
  // comment or blank.
  std::optional<std::string> next() {
    if (!skip_to_line() || !take("#")) return std::nullopt;
    skip_blanks();
    if (!take("include")) return std::nullopt;
    skip_blanks();
    if (!take("<")) return std::nullopt;
    const std::size_t close = text_.find_first_of(">\n");
    if (close == std::string_view::npos || text_[close] != '>') return std::nullopt;
    const std::string_view name = text_.substr(0, close);
    text_.remove_prefix(close + 1);
    if (!is_plain_name(name) || !skip_rest_of_line()) return std::nullopt;
    return std::string(name);
  }

 private:
  bool take(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  void skip_blanks() {
    while (!text_.empty() && is_blank(text_.front()))
      text_.remove_prefix(1);
  }

  // False: it does not end, or is one that lines might be joined in.
  bool skip_comment() {
    const bool is_line = text_.starts_with("//");
    std::size_t end = is_line ? text_.find('\n') : text_.find("*/", 2);
    if (end == std::string_view::npos) {
      if (!is_line) return false;
      end = text_.size();
    }
    if (may_join(text_.substr(0, end))) return false;
    text_.remove_prefix(is_line ? end : end + 2);
    return true;
  }

  bool at_comment() const { return text_.starts_with("//") || text_.starts_with("/*"); }

  // To the first character that is of no comment and not blank.
  bool skip_to_line() {
    for (;;) {
      skip_blanks();
      if (text_.empty()) return false;
      if (at_comment()) {
        if (!skip_comment()) return false;
      } else if (text_.front() == '\n') {
        text_.remove_prefix(1);
      } else {
        return true;
      }
    }
  }

  // Behind an include nothing but a comment of this line.
  bool skip_rest_of_line() {
    for (;;) {
      skip_blanks();
      if (text_.empty() || text_.front() == '\n') return true;
      if (!at_comment()) return false;
      const std::string_view before = text_;
      if (!skip_comment()) return false;
      const std::string_view comment = before.substr(0, before.size() - text_.size());
      if (comment.find('\n') != std::string_view::npos) return false;
    }
  }

  std::string_view text_;
};

}  // namespace

std::vector<std::string> leading_headers(std::string_view source) {
  std::vector<std::string> headers;
  Scanner scanner(source);
  while (headers.size() < kMostHeaders) {
    auto header = scanner.next();
    if (!header) break;
    headers.push_back(*std::move(header));
  }
  return headers;
}

}  // namespace engine
