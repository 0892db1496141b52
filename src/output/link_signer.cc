#include <charconv>
#include <optional>

#include "base/encoding.h"
#include "base/hash.h"
#include "output/output.h"

namespace engine {
namespace {

// Only the form that sign() writes: no sign, no leading zero, nothing behind it. Else one link
// would have many spellings.
template <typename Number>
std::optional<Number> plain_number(std::string_view text) {
  Number number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || std::to_string(number) != text) return std::nullopt;
  return number;
}

// Each part stands behind its own length, so that no two targets give the same bytes.
std::string signed_bytes(const LinkTarget& target, std::int64_t expires) {
  std::string bytes = "link v1";
  for (const std::string& part :
       {target.id.text, std::to_string(target.attempt), target.name, std::to_string(expires)}) {
    bytes += '\n' + std::to_string(part.size()) + ':' + part;
  }
  return bytes;
}

std::optional<LinkTarget> parse_path(std::string_view path) {
  const std::size_t first = path.find('/');
  const std::size_t second = path.find('/', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  const auto attempt = plain_number<int>(path.substr(first + 1, second - first - 1));
  if (!attempt) return std::nullopt;
  return LinkTarget{.id = {std::string(path.substr(0, first))},
                    .attempt = *attempt,
                    .name = std::string(path.substr(second + 1))};
}

}  // namespace

LinkSigner::LinkSigner(std::string key, std::string public_url, const Clock& clock)
    : key_(std::move(key)), public_url_(std::move(public_url)), clock_(clock) {}

std::string LinkSigner::sign(const LinkTarget& target, std::chrono::seconds lifetime) const {
  const auto end = std::chrono::ceil<std::chrono::seconds>(clock_.wall() + lifetime);
  const std::int64_t expires = end.time_since_epoch().count();
  const std::string path =
      target.id.text + "/" + std::to_string(target.attempt) + "/" + target.name;
  return public_url_ + "/files/" + percent_encode(path, "/") +
         "?expires=" + std::to_string(expires) +
         "&signature=" + to_hex(hmac_sha256(key_, signed_bytes(target, expires)));
}

Result<LinkTarget> LinkSigner::check(std::string_view path, std::string_view expires,
                                     std::string_view signature) const {
  const Error changed{Errc::kInvalid, "the link is not one of ours, or was changed", {}};
  auto target = parse_path(path);
  const auto end = plain_number<std::int64_t>(expires);
  if (!target || !end) return changed;
  const std::string expected = to_hex(hmac_sha256(key_, signed_bytes(*target, *end)));
  if (!equal_in_constant_time(signature, expected)) return changed;
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.wall());
  if (now.time_since_epoch().count() >= *end) {
    return Error{Errc::kNotFound, "the link has expired", {}};
  }
  return *std::move(target);
}

}  // namespace engine
