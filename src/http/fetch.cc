#include "http/fetch.h"

#include <utility>

#include "http/address_guard.h"
#include "http/curl.h"
#include "http/fetch_transfer.h"
#include "http/fetch_url.h"

namespace engine::http {
namespace {

using Clock = std::chrono::steady_clock;

class CurlClient final : public GuardedClient {
 public:
  CurlClient(FetchOptions options, AddressGuard guard)
      : options_(std::move(options)), guard_(std::move(guard)) {}

  Result<FetchedFile> fetch(const std::string& text) const override {
    const auto deadline = Clock::now() + options_.patience;
    TRY(auto url, FetchUrl::parse(text));
    for (int redirects = 0;; ++redirects) {
      const auto left = std::chrono::ceil<Milliseconds>(deadline - Clock::now());
      if (left <= Milliseconds{0}) return failed(url, "did not send the file in time");
      TRY(auto reply, transfer(url, guard_, options_, left));
      if (reply.status == 200) return FetchedFile{url.file_name(), std::move(reply.content)};
      if (!reply.is_redirect()) {
        return failed(url, "answered with status " + std::to_string(reply.status));
      }
      if (redirects == options_.redirects) return failed(url, "redirects too often");
      TRY(url, url.follow(reply.location));
    }
  }

 private:
  static Error failed(const FetchUrl& url, const std::string& what) {
    return {Errc::kPeerFailed, "the host '" + url.host() + "' " + what};
  }

  FetchOptions options_;
  AddressGuard guard_;
};

}  // namespace

Result<std::unique_ptr<GuardedClient>> make_guarded_client(FetchOptions options) {
  CHECK_OK(start_curl());
  TRY(auto allow, parse_ranges(options.allow));
  AddressGuard guard(std::move(allow), own_addresses);
  return std::unique_ptr<GuardedClient>(
      std::make_unique<CurlClient>(std::move(options), std::move(guard)));
}

}  // namespace engine::http
