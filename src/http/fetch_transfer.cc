#include "http/fetch_transfer.h"

#include <cstdint>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>

#include <sys/socket.h>

#include "base/log.h"
#include "http/curl.h"
#include "http/text.h"

namespace engine::http {
namespace {

// Receives what libcurl reads, and stops it as soon as the outcome is known.
class Transfer {
 public:
  Transfer(const FetchUrl& url, const AddressGuard& guard, const FetchOptions& options)
      : url_(url), guard_(guard), options_(options) {}

  Result<FetchReply> run(Milliseconds patience) {
    const Easy easy(curl_easy_init());
    if (!easy) return Error{Errc::kInternal, "libcurl has no handle"};
    List headers;
    List hosts;
    append(headers, "Accept-Encoding: identity");
    for (const auto& host : options_.hosts)
      append(hosts, host);
    prepare(easy.get(), patience);
    curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(easy.get(), CURLOPT_RESOLVE, hosts.get());
    return outcome(curl_easy_perform(easy.get()));
  }

 private:
  void prepare(CURL* easy, Milliseconds patience) {
    curl_easy_setopt(easy, CURLOPT_CURLU, url_.handle());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, kSchemes);
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, kSchemes);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "execution-engine/" ENGINE_VERSION);
    // A proxy of the environment would connect for us, unguarded.
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(patience.count()));
    // A name server that does not answer may not hold us beyond the patience.
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Transfer::open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  }

  // The address that is given here is the one that will be connected to.
  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address) noexcept {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
      const auto ip = address_of(address->addr);
      if (!ip || !transfer.guard_.permits(*ip)) {
        transfer.has_refused_ = true;
        return CURL_SOCKET_BAD;
      }
    } catch (const std::exception& e) {
      log::error("an address could not be checked, so it was refused", {
                                                                           {"what", e.what()}
      });
      transfer.has_refused_ = true;
      return CURL_SOCKET_BAD;
    }
    transfer.has_opened_ = true;
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }

  // Returning 0 from these two ends the transfer.
  static std::size_t take_header(char* bytes, std::size_t, std::size_t size, void* self) noexcept {
    return static_cast<Transfer*>(self)->on_header({bytes, size}) ? size : 0;
  }
  static std::size_t take_body(char* bytes, std::size_t, std::size_t size, void* self) noexcept {
    return static_cast<Transfer*>(self)->on_body({bytes, size}) ? size : 0;
  }

  bool on_header(std::string_view line) {
    header_size_ += line.size();
    if (header_size_ > kHeaderLimit) return fail(Errc::kPeerFailed, "sent too large a header");
    if (line == "\r\n" || line == "\n") return on_header_end();
    if (line.starts_with("HTTP/")) {
      reply_ = {};
      length_ = 0;
      is_encoded_ = false;
      reply_.status = status_of(line);
      return true;
    }
    const auto header = header_line(line);
    if (!header) return true;
    const auto [name, value] = *header;
    if (same_name(name, "Location")) reply_.location = std::string(value);
    if (same_name(name, "Content-Length")) length_ = number_of<std::int64_t>(value);
    if (same_name(name, "Content-Encoding")) is_encoded_ = !same_name(value, "identity");
    return true;
  }

  bool on_header_end() {
    if (reply_.status < 200) return true;  // 100 Continue: the answer is still to come.
    if (reply_.status != 200) return false;
    if (is_encoded_) return fail(Errc::kPeerFailed, "sent the file compressed, unasked");
    return length_ <= options_.size.count || too_large();
  }

  bool on_body(std::string_view bytes) {
    if (std::cmp_greater(reply_.content.size() + bytes.size(), options_.size.count)) {
      return too_large();
    }
    reply_.content += bytes;
    return true;
  }

  bool too_large() {
    failure_ = Error{Errc::kTooLarge,
                     "the file is larger than " + std::to_string(options_.size.count) + " bytes"};
    return false;
  }
  bool fail(Errc code, std::string_view what) {
    failure_ = failed(code, what);
    return false;
  }
  Error failed(Errc code, std::string_view what) const {
    return {code, "the host '" + url_.host() + "' " + std::string(what)};
  }

  Result<FetchReply> outcome(CURLcode code) {
    if (failure_) return *std::move(failure_);
    if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && reply_.status > 200)) {
      return std::move(reply_);
    }
    if (has_refused_ && !has_opened_) {
      return failed(Errc::kInvalid, "is not at a public address");
    }
    return failed(Errc::kPeerFailed, sentence(code));
  }

  static std::string_view sentence(CURLcode code) {
    switch (code) {
      case CURLE_COULDNT_RESOLVE_HOST: return "cannot be found";
      case CURLE_COULDNT_CONNECT: return "cannot be connected to";
      case CURLE_OPERATION_TIMEDOUT: return "did not send the file in time";
      case CURLE_PEER_FAILED_VERIFICATION: return "has no certificate that can be trusted";
      case CURLE_SSL_CONNECT_ERROR: return "does not speak TLS that can be trusted";
      case CURLE_PARTIAL_FILE:
      case CURLE_GOT_NOTHING:
      case CURLE_RECV_ERROR: return "closed the connection before the file's end";
      default: return "did not answer as a web server does";
    }
  }

  const FetchUrl& url_;
  const AddressGuard& guard_;
  const FetchOptions& options_;
  FetchReply reply_;
  std::optional<Error> failure_;  // Why we ended the transfer.
  std::size_t header_size_ = 0;
  std::int64_t length_ = 0;
  bool is_encoded_ = false;
  bool has_refused_ = false;
  bool has_opened_ = false;
};

}  // namespace

bool FetchReply::is_redirect() const {
  const bool is_kind =
      status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  return is_kind && !location.empty();
}

Result<FetchReply> transfer(const FetchUrl& url, const AddressGuard& guard,
                            const FetchOptions& options, Milliseconds patience) {
  return Transfer(url, guard, options).run(patience);
}

}  // namespace engine::http
