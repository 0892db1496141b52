#include "api/guard.h"

#include <algorithm>
#include <cctype>

#include "domain/names.h"

namespace engine::api {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

bool is_port(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && text.size() <= 5 && std::ranges::all_of(text, is_digit);
}

// "[::1]:8080" -> "[::1]", "Localhost" -> "localhost". Empty: that is no host and port.
std::string host_of(std::string_view authority) {
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return lower(authority);
  if (!is_port(authority.substr(colon + 1))) return {};
  return lower(authority.substr(0, colon));
}

// The host of "http://host:port/…" or "https://…". Empty: it has none, as the origin "null".
std::string host_of_url(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!url.starts_with(scheme)) continue;
    url.remove_prefix(scheme.size());
    return host_of(url.substr(0, url.find('/')));
  }
  return {};
}

bool is_ours(const std::string& host, std::string_view public_url) {
  if (host.empty()) return false;
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]" ||
         host == host_of_url(public_url);
}

}  // namespace

std::optional<std::string> foreign_request(const http::Request& request,
                                           std::string_view public_url) {
  const std::string* host = request.header("Host");
  if (host == nullptr) return "the Host header is missing";
  if (!is_ours(host_of(*host), public_url)) {
    return "the Host header names " + quote(*host) + ", which is not this server";
  }
  const std::string* origin = request.header("Origin");
  if (origin != nullptr && !is_ours(host_of_url(*origin), public_url)) {
    return "requests from the web page " + quote(*origin) + " are not taken";
  }
  return std::nullopt;
}

}  // namespace engine::api
