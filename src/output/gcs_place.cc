#include <algorithm>

#include "base/encoding.h"
#include "domain/names.h"
#include "output/output.h"

namespace engine {
namespace {

constexpr std::string_view kScheme = "gs://";
constexpr std::size_t kPrefixBytes = 512;  // Of the 1024 that an object's name may have.

bool is_bucket(std::string_view name) {
  const auto is_end = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto is_inner = [&](char c) { return is_end(c) || c == '-' || c == '_' || c == '.'; };
  return name.size() >= 3 && name.size() <= 222 && std::ranges::all_of(name, is_inner) &&
         is_end(name.front()) && is_end(name.back());
}

bool is_prefix(std::string_view prefix) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (prefix.size() > kPrefixBytes || !is_utf8(prefix)) return false;
  if (std::ranges::any_of(prefix, is_control)) return false;
  for (std::size_t begin = 0; begin <= prefix.size();) {
    const auto end = std::min(prefix.find('/', begin), prefix.size());
    const auto part = prefix.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace

Result<GcsPlace> parse_gcs_url(std::string_view url) {
  const auto refuse = [&](std::string_view why) {
    return Error{Errc::kInvalid, quote(url) + " " + std::string(why), {}};
  };
  if (!url.starts_with(kScheme)) return refuse("is not of the form gs://bucket/prefix");
  const std::string_view rest = url.substr(kScheme.size());
  const std::string_view bucket = rest.substr(0, rest.find('/'));
  std::string_view prefix = rest.substr(std::min(rest.size(), bucket.size() + 1));
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (!is_bucket(bucket)) return refuse("names no bucket as Google Cloud Storage has them");
  if (!prefix.empty() && !is_prefix(prefix)) {
    return refuse(
        "has a prefix with an empty part, a dot part or a strange character, or too long");
  }
  return GcsPlace{.bucket = std::string(bucket), .prefix = std::string(prefix)};
}

}  // namespace engine
