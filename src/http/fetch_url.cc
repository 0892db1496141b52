#include "http/fetch_url.h"

#include <algorithm>
#include <utility>

#include "http/target.h"

namespace engine::http {
namespace {

constexpr std::size_t kLongestUrl = 8 << 10;

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

Error refusal(CURLUcode code) {
  if (code == CURLUE_USER_NOT_ALLOWED) {
    return {Errc::kInvalid, "the URL may not hold a user name or a password"};
  }
  if (code == CURLUE_UNSUPPORTED_SCHEME || code == CURLUE_BAD_SCHEME) {
    return {Errc::kInvalid, "the URL must begin with http:// or https://"};
  }
  return {Errc::kInvalid, "this is no URL that can be fetched"};
}

bool is_visible(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f;
}

bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

}  // namespace

FetchUrl::FetchUrl(Handle url) : url_(std::move(url)), host_(part_of(url_.get(), CURLUPART_HOST)) {}

Result<FetchUrl> FetchUrl::checked(Handle url) {
  const std::string scheme = part_of(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return refusal(CURLUE_UNSUPPORTED_SCHEME);
  FetchUrl fetch_url(std::move(url));
  if (fetch_url.host_.empty()) return Error{Errc::kInvalid, "the URL names no host"};
  // Other letters may look like digits and dots, and become them on the way to the resolver.
  if (!std::all_of(fetch_url.host_.begin(), fetch_url.host_.end(), is_ascii)) {
    return Error{Errc::kInvalid, "the URL's host has other letters than ASCII; write it as xn--…"};
  }
  return fetch_url;
}

Result<FetchUrl> FetchUrl::parse(const std::string& text) {
  if (text.size() > kLongestUrl) return Error{Errc::kInvalid, "the URL is too long"};
  if (!std::all_of(text.begin(), text.end(), is_visible)) {
    return Error{Errc::kInvalid, "the URL has a space or a control character"};
  }
  Handle url(curl_url());
  const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER);
  if (code != CURLUE_OK) return refusal(code);
  return checked(std::move(url));
}

Result<FetchUrl> FetchUrl::follow(const std::string& location) const {
  if (location.size() > kLongestUrl) return Error{Errc::kInvalid, "the URL is too long"};
  Handle url(curl_url_dup(url_.get()));
  const CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, location.c_str(),
                                      CURLU_DISALLOW_USER | CURLU_URLENCODE);
  if (code != CURLUE_OK) return refusal(code);
  return checked(std::move(url));
}

std::string FetchUrl::file_name() const {
  const std::string path = part_of(url_.get(), CURLUPART_PATH);
  auto decoded = percent_decode(std::string_view(path).substr(path.rfind('/') + 1));
  return decoded ? *std::move(decoded) : std::string();
}

}  // namespace engine::http
