#include "output/gcs_url.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "base/encoding.h"
#include "base/hash.h"

namespace engine::gcs {
namespace {

constexpr const char* kAlgorithm = "GOOG4-RSA-SHA256";

// "20260102T030405Z"
std::string date_text(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  (void)::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
  return {text.data(), size};
}

std::string_view host_of(std::string_view base_url) {
  const auto scheme = base_url.find("://");
  return scheme == std::string_view::npos ? base_url : base_url.substr(scheme + 3);
}

}  // namespace

std::string query_text(const Query& query) {
  std::string text;
  for (const auto& [name, value] : query) {
    if (!text.empty()) text += '&';
    text += percent_encode(name) + "=" + percent_encode(value);
  }
  return text;
}

Result<std::string> signed_url(const SignedGet& get, const Sign& sign) {
  const std::string date = date_text(std::chrono::floor<std::chrono::seconds>(get.from));
  const std::string scope = date.substr(0, 8) + "/auto/storage/goog4_request";
  const std::string path = "/" + std::string(get.bucket) + "/" + percent_encode(get.object, "/");

  // In the URL our members come first; what is signed has all of them sorted.
  Query query{
      {"X-Goog-Algorithm",     kAlgorithm                          },
      {"X-Goog-Credential",    std::string(get.email) + "/" + scope},
      {"X-Goog-Date",          date                                },
      {"X-Goog-Expires",       std::to_string(get.lifetime.count())},
      {"X-Goog-SignedHeaders", "host"                              },
  };
  query.insert(query.end(), get.query.begin(), get.query.end());
  const std::string text = query_text(query);
  std::ranges::sort(query);

  const std::string request = "GET\n" + path + "\n" + query_text(query) +
                              "\nhost:" + std::string(host_of(get.base_url)) +
                              "\n\nhost\nUNSIGNED-PAYLOAD";
  const std::string to_sign =
      std::string(kAlgorithm) + "\n" + date + "\n" + scope + "\n" + to_hex(sha256(request));
  TRY(const std::string signature, sign(to_sign));
  return std::string(get.base_url) + path + "?" + text + "&X-Goog-Signature=" + to_hex(signature);
}

}  // namespace engine::gcs
