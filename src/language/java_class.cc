#include "language/java_class.h"

#include <cctype>
#include <cstddef>
#include <optional>

#include "domain/names.h"

namespace engine {
namespace {

bool starts_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalpha(byte) != 0 || c == '_' || c == '$' || byte >= 0x80;
}
bool continues_word(char c) {
  return starts_word(c) || (c >= '0' && c <= '9');
}

// Splits Java into words and single characters; comments, literals and blanks are left out. A
// string or character literal is one '"', so that words before and after it stay apart.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) {}

  // The next token; empty at the end.
  std::string_view next() {
    for (;;) {
      if (at_ >= text_.size()) return {};
      const char c = text_[at_];
      if (starts("//")) {
        skip_past("\n");
      } else if (starts("/*")) {
        at_ += 2;
        skip_past("*/");
      } else if (starts("\"\"\"")) {
        return text_block();
      } else if (c == '"' || c == '\'') {
        return literal(c);
      } else if (starts_word(c)) {
        return word();
      } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
        ++at_;
      } else {
        return text_.substr(at_++, 1);
      }
    }
  }

 private:
  bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  void skip_past(std::string_view what) {
    const std::size_t found = text_.find(what, at_);
    at_ = found == std::string_view::npos ? text_.size() : found + what.size();
  }

  std::string_view text_block() {
    const std::size_t start = at_;
    at_ += 3;
    while (at_ < text_.size() && !starts("\"\"\""))
      at_ += text_[at_] == '\\' ? 2 : 1;
    at_ += 3;
    return text_.substr(start, 1);
  }

  std::string_view literal(char quote) {
    const std::size_t start = at_++;
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n')
      at_ += text_[at_] == '\\' ? 2 : 1;
    ++at_;
    return text_.substr(start, 1);
  }

  std::string_view word() {
    const std::size_t start = at_;
    while (at_ < text_.size() && continues_word(text_[at_]))
      ++at_;
    return text_.substr(start, at_ - start);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// Follows the tokens of a file and notes its package, its top-level types and where main is.
class Scan {
 public:
  void read(std::string_view token) {
    if (reading_package_) return read_package(token);
    if (depth_ == 0) read_top_level(token);
    if (depth_ == 1) read_member(token);
    if (token == "{") ++depth_;
    if (token == "}" && depth_ > 0) --depth_;
    before_previous_ = previous_;
    previous_ = token;
  }

  JavaClass result() const {
    const std::string_view with_main = static_main_.value_or(any_main_.value_or(""));
    const std::string_view file = first_of(public_, with_main, first_);
    const std::string_view main = first_of(with_main, public_, file);
    JavaClass found{std::string(file) + ".java", package_ + std::string(main)};
    if (check_file_name(found.file_name) && check_file_name(found.main_class)) return found;
    return {"Main.java", "Main"};
  }

 private:
  static std::string_view first_of(std::string_view a, std::string_view b, std::string_view c) {
    if (!a.empty()) return a;
    if (!b.empty()) return b;
    return c.empty() ? "Main" : c;
  }

  static bool declares_type(std::string_view word) {
    return word == "class" || word == "record" || word == "enum" || word == "interface";
  }

  void read_package(std::string_view token) {
    if (token == ";") {
      reading_package_ = false;
      if (!package_.empty()) package_ += '.';
    } else if (package_.size() <= kNameBytes) {
      package_ += token;
    }
  }

  void read_top_level(std::string_view token) {
    if (token == "package" && package_.empty()) {
      reading_package_ = true;
    } else if (token == ";" || token == "}") {
      is_public_ = false;
    } else if (token == "public") {
      is_public_ = true;
    } else if (declares_type(previous_) && before_previous_ != "." && starts_word(token.front())) {
      open_type(token);
    }
  }

  void open_type(std::string_view name) {
    type_ = name;
    if (first_.empty()) first_ = name;
    if (is_public_ && public_.empty()) public_ = name;
  }

  void read_member(std::string_view token) {
    if (token == ";" || token == "{" || token == "}") {
      is_static_ = false;
    } else if (token == "static") {
      is_static_ = true;
    } else if (token == "(" && previous_ == "main" && before_previous_ == "void") {
      auto& main = is_static_ ? static_main_ : any_main_;
      if (!main) main = type_;
    }
  }

  std::size_t depth_ = 0;
  std::string_view previous_, before_previous_;
  bool reading_package_ = false;
  bool is_public_ = false;  // Since the last end of a top-level declaration.
  bool is_static_ = false;  // Since the last end of a member.

  std::string package_;  // With a dot at its end.
  std::string_view type_, first_, public_;
  std::optional<std::string_view> static_main_, any_main_;
};

}  // namespace

JavaClass find_java_class(std::string_view source) {
  Tokens tokens(source);
  Scan scan;
  for (auto token = tokens.next(); !token.empty(); token = tokens.next())
    scan.read(token);
  return scan.result();
}

}  // namespace engine
