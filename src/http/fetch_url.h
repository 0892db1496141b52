#pragma once

#include <memory>
#include <string>

#include <curl/urlapi.h>

#include "base/result.h"

namespace engine::http {

// The URL of a fetch, read by the same parser that libcurl connects by, so there are no two
// opinions about which host it names. Only http and https, and no name or password in it.
class FetchUrl {
 public:
  // kInvalid, with a sentence: not such a URL.
  static Result<FetchUrl> parse(const std::string& text);
  // Where `location` of a redirect leads from here. kInvalid: refused as above.
  Result<FetchUrl> follow(const std::string& location) const;

  const std::string& host() const { return host_; }
  // The last part of the path, percent-decoded; empty when there is none or it cannot be decoded.
  std::string file_name() const;
  CURLU* handle() const { return url_.get(); }  // Lives as long as this object.

 private:
  struct Free {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
  };
  using Handle = std::unique_ptr<CURLU, Free>;

  explicit FetchUrl(Handle url);
  static Result<FetchUrl> checked(Handle url);

  Handle url_;
  std::string host_;
};

}  // namespace engine::http
