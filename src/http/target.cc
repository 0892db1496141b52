#include "http/target.h"

#include <algorithm>

#include "http/text.h"

namespace engine::http {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

enum class Plus { kItself, kSpace };

Result<std::string> decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::kSpace) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return Error{Errc::kInvalid, "the address has a '%' without two hexadecimal digits"};
      }
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

// "http://host/path" -> "/path": proxies ask in this form.
std::string_view without_origin(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!same_name(target.substr(0, scheme.size()), scheme)) continue;
    const auto path = target.find_first_of("/?", scheme.size());
    return path == std::string_view::npos ? "/" : target.substr(path);
  }
  return target;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

Result<Ok> read_query(std::string_view text, Target& target) {
  while (!text.empty()) {
    const auto piece = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), piece.size() + 1));
    if (piece.empty()) continue;
    const auto name = piece.substr(0, piece.find('='));
    const auto value = piece.substr(std::min(piece.size(), name.size() + 1));
    TRY(auto decoded_name, decode(name, Plus::kSpace));
    TRY(auto decoded_value, decode(value, Plus::kSpace));
    target.query.emplace_back(std::move(decoded_name), std::move(decoded_value));
  }
  return Ok{};
}

}  // namespace

Result<std::string> percent_decode(std::string_view text) {
  return decode(text, Plus::kItself);
}

Result<Target> decode_target(std::string_view text) {
  text = without_origin(text);
  const auto path = text.substr(0, text.find('?'));
  Target target;
  TRY(target.path, decode(path.empty() ? "/" : path, Plus::kItself));
  if (target.path.front() != '/' && target.path != "*") {
    return Error{Errc::kInvalid, "the request line names no path"};
  }
  if (std::any_of(target.path.begin(), target.path.end(), is_control)) {
    return Error{Errc::kInvalid, "the path has a control character"};
  }
  CHECK_OK(read_query(text.substr(std::min(text.size(), path.size() + 1)), target));
  return target;
}

}  // namespace engine::http
