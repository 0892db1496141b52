#include "api/tokens.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/encoding.h"
#include "base/hash.h"

namespace engine::api {
namespace {

constexpr std::size_t kDigestSize = 32;
constexpr std::size_t kShortestToken = 16;
constexpr std::size_t kLongestOwner = 64;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_owner(std::string_view text) {
  const auto allowed = [](char c) {
    return is_alphanumeric(c) || c == '.' || c == '_' || c == '@' || c == '-';
  };
  return !text.empty() && text.size() <= kLongestOwner && std::ranges::all_of(text, allowed);
}

// RFC 7235's token68.
bool is_token(std::string_view text) {
  const auto allowed = [](char c) {
    return is_alphanumeric(c) || std::string_view("-._~+/=").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::ranges::all_of(text, allowed);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> digest_from_hex(std::string_view hex) {
  if (hex.size() != 2 * kDigestSize) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = hex_digit(hex[i]);
    const int low = hex_digit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

Error malformed(int line, std::string_view why) {
  return {Errc::kInvalid, "tokens: line " + std::to_string(line) + ": " + std::string(why), {}};
}

}  // namespace

Result<Tokens> Tokens::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return Error{Errc::kNotFound, "tokens: cannot read " + path, {}};
  return parse(std::move(text).str());
}

Result<Tokens> Tokens::parse(std::string_view text) {
  Tokens tokens;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;

    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return malformed(number, "expected owner:sha256");
    const std::string_view owner = line.substr(0, colon);
    if (!is_owner(owner)) return malformed(number, "the owner is no name");
    auto digest = digest_from_hex(line.substr(colon + 1));
    if (!digest) return malformed(number, "the hash is not 64 hexadecimal digits");
    const auto same = [&](const Entry& entry) { return entry.digest == *digest; };
    if (std::ranges::any_of(tokens.entries_, same))
      return malformed(number, "the hash stands twice");
    tokens.entries_.push_back({OwnerId{std::string(owner)}, *std::move(digest)});
  }
  if (tokens.entries_.empty()) return Error{Errc::kInvalid, "tokens: the file holds no token", {}};
  return tokens;
}

std::optional<OwnerId> Tokens::owner_of(std::string_view token) const {
  const std::string digest = sha256(token);
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {
    if (equal_in_constant_time(entry.digest, digest)) found = &entry;
  }
  return found == nullptr ? std::nullopt : std::optional(found->owner);
}

Result<std::string> hash_token(std::string_view owner, std::string_view token) {
  if (!is_owner(owner)) {
    return Error{Errc::kInvalid, "owner must be 1 to 64 letters, digits or any of . _ @ -",
                 "owner"};
  }
  if (token.size() < kShortestToken || !is_token(token)) {
    return Error{Errc::kInvalid,
                 "token must be at least 16 letters, digits or any of - . _ ~ + / =", "token"};
  }
  return std::string(owner) + ":" + to_hex(sha256(token));
}

std::optional<std::string_view> bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size()) return std::nullopt;
  const auto same_letter = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  const std::string_view scheme = authorization.substr(0, kScheme.size());
  if (!std::ranges::equal(scheme, kScheme, same_letter)) return std::nullopt;
  const std::string_view token = trimmed(authorization.substr(kScheme.size()));
  return is_token(token) ? std::optional(token) : std::nullopt;
}

}  // namespace engine::api
