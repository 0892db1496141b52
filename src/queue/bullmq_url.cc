#include "queue/bullmq_url.h"

#include <charconv>

namespace engine::bullmq {
namespace {

constexpr int kMostDatabases = 1'000'000;

Error wrong(const std::string& why) {
  return {Errc::kInvalid, "the Redis URL " + why, {}};
}

int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

Result<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return wrong("has a % that is not followed by two hex digits");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

Result<int> number(std::string_view text, int least, int most, const std::string& what) {
  int value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
    return wrong("has no good " + what);
  }
  return value;
}

// Takes what stands before the separator off the front; empty where there is no separator.
std::string_view cut(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  if (at == std::string_view::npos) return {};
  const auto front = text.substr(0, at);
  text.remove_prefix(at + 1);
  return front;
}

Status read_identity(std::string_view& rest, redis::Address& address) {
  const auto slash = rest.find('/');
  const auto at = rest.substr(0, slash).rfind('@');
  if (at == std::string_view::npos) return Ok{};
  auto identity = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  if (identity.find(':') == std::string_view::npos) return wrong("has a user without a password");
  TRY(address.user, decoded(cut(identity, ':')));
  TRY(address.password, decoded(identity));
  if (address.password.empty()) return wrong("has an empty password");
  return Ok{};
}

Status read_host(std::string_view text, redis::Address& address) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return wrong("has no ] after its IPv6 address");
    address.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!port.empty() && port.front() != ':') return wrong("has no good port");
  } else {
    const auto colon = text.find(':');
    address.host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon);
  }
  if (address.host.empty()) return wrong("names no host");
  if (!port.empty()) {
    TRY(address.port, number(port.substr(1), 1, 65'535, "port"));
  }
  return Ok{};
}

Result<std::string> name(std::string_view text, const std::string& what) {
  TRY(const std::string value, decoded(text));
  // BullMQ itself splits keys at colons.
  const bool has_colon = value.find(':') != std::string::npos;
  const bool is_good = !value.empty() && (what == "prefix" || !has_colon);
  if (!is_good) return wrong("has no good " + what);
  return value;
}

Status read_query(std::string_view query, Url& url) {
  while (!query.empty()) {
    const auto end = query.find('&');
    auto value = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const auto key = cut(value, '=');
    if (key == "queue") {
      TRY(url.queue, name(value, "queue"));
    } else if (key == "prefix") {
      TRY(url.prefix, name(value, "prefix"));
    } else if (key == "db" && url.address.host.empty()) {
      TRY(url.address.database, number(value, 0, kMostDatabases, "database"));
    } else {
      return wrong("has an unknown parameter; there are queue and prefix");
    }
  }
  return Ok{};
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  Url url;
  std::string_view query;
  if (const auto mark = text.find('?'); mark != std::string_view::npos) {
    query = text.substr(mark + 1);
    text = text.substr(0, mark);
  }
  if (text.starts_with("redis://")) {
    text.remove_prefix(8);
    CHECK_OK(read_identity(text, url.address));
    const auto slash = text.find('/');
    CHECK_OK(read_host(text.substr(0, slash), url.address));
    if (slash != std::string_view::npos && slash + 1 < text.size()) {
      TRY(url.address.database, number(text.substr(slash + 1), 0, kMostDatabases, "database"));
    }
  } else if (text.starts_with("unix:")) {
    text.remove_prefix(5);
    if (text.starts_with("//")) {
      text.remove_prefix(2);
      CHECK_OK(read_identity(text, url.address));
    }
    TRY(url.address.path, decoded(text));
    if (!url.address.path.starts_with('/')) return wrong("needs the absolute path of a socket");
  } else if (text.starts_with("rediss://")) {
    return wrong("asks for TLS, which is not built in; put stunnel between");
  } else {
    return wrong("does not begin with redis:// or unix:");
  }
  CHECK_OK(read_query(query, url));
  return url;
}

}  // namespace engine::bullmq
