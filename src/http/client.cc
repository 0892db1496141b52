#include "http/client.h"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "http/curl.h"
#include "http/fetch_url.h"
#include "http/text.h"

namespace engine::http {
namespace {

constexpr long kSlow = 1 << 10;  // Bytes per second.

// libcurl keeps connections with the handle, so handles are kept. Latest first: the fewest stay
// warm.
class Handles {
 public:
  explicit Handles(std::size_t most) : most_(most) {}

  Easy take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        Easy easy = std::move(idle_.back());
        idle_.pop_back();
        return easy;
      }
    }
    return Easy(curl_easy_init());
  }
  void give_back(Easy easy) {
    curl_easy_reset(easy.get());
    const std::lock_guard lock(mutex_);
    if (idle_.size() < most_) idle_.push_back(std::move(easy));
  }

 private:
  const std::size_t most_;
  std::mutex mutex_;
  std::vector<Easy> idle_;
};

Result<List> header_lines(const ClientRequest& request) {
  List lines;
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || value.find_first_of({"\r\n\0", 3}) != std::string::npos) {
      return Error{Errc::kInvalid, "a header to send has a line break or no proper name"};
    }
    append(lines, value.empty() ? name + ";" : name + ": " + value);
  }
  append(lines, "Expect:");  // Our peers take a body without being asked first.
  if (find_header(request.headers, "Content-Type") == nullptr) append(lines, "Content-Type:");
  return lines;
}

// One request on one handle.
class Exchange {
 public:
  Exchange(const ClientOptions& options, const ClientRequest& request, const FetchUrl& url)
      : options_(options), request_(request), url_(url) {}

  Result<ClientAnswer> run(CURL* easy) {
    TRY(const List lines, header_lines(request_));
    prepare_connection(easy);
    prepare_patience(easy);
    prepare_request(easy);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines.get());
    const CURLcode code = curl_easy_perform(easy);
    if (failure_) return *std::move(failure_);
    if (code != CURLE_OK) return failed(sentence(code));
    if (!is_head_whole_) return failed(sentence(CURLE_GOT_NOTHING));
    return std::move(answer_);
  }

 private:
  void prepare_connection(CURL* easy) {
    curl_easy_setopt(easy, CURLOPT_CURLU, url_.handle());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, kSchemes);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "execution-engine/" ENGINE_VERSION);
    curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    if (!options_.is_proxy_allowed) {
      curl_easy_setopt(easy, CURLOPT_PROXY, "");
      curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    }
    if (!options_.unix_socket.empty()) {
      curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, options_.unix_socket.c_str());
    }
  }

  void prepare_patience(CURL* easy) {
    const auto patience = request_.patience.value_or(options_.patience);
    const auto stall = std::chrono::ceil<std::chrono::seconds>(options_.stall_patience);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // A silent name server holds nobody longer.
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(patience.count()));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(options_.connect_patience.count()));
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, kSlow);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(stall.count()));
  }

  void prepare_request(CURL* easy) {
    const std::string& method = request_.method;
    const bool has_body = !request_.body.empty() || method == "POST" || method == "PUT";
    if (has_body) {
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(request_.body.size()));
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.empty() ? "" : request_.body.data());
    }
    if (method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Exchange::take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Exchange::take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  }

  // Returning 0 from these two ends the transfer.
  static std::size_t take_header(char* bytes, std::size_t, std::size_t size, void* self) noexcept {
    return static_cast<Exchange*>(self)->on_header({bytes, size}) ? size : 0;
  }
  static std::size_t take_body(char* bytes, std::size_t, std::size_t size, void* self) noexcept {
    return static_cast<Exchange*>(self)->on_body({bytes, size}) ? size : 0;
  }

  bool on_header(std::string_view line) {
    header_size_ += line.size();
    if (header_size_ > kHeaderLimit) {
      failure_ = failed("sent too large a header");
      return false;
    }
    if (line.starts_with("HTTP/")) {
      answer_ = {.status = status_of(line)};
      is_head_whole_ = false;
    } else if (line == "\r\n" || line == "\n") {
      is_head_whole_ = true;  // libcurl does not mind an end before it.
    } else if (const auto header = header_line(line)) {
      answer_.headers.emplace_back(header->name, header->value);
    }
    return true;
  }

  bool on_body(std::string_view bytes) {
    const Bytes limit = request_.answer.value_or(options_.answer);
    if (std::cmp_greater(answer_.body.size() + bytes.size(), limit.count)) {
      failure_ = Error{Errc::kTooLarge, "the answer of '" + url_.host() + "' is larger than " +
                                            std::to_string(limit.count) + " bytes"};
      return false;
    }
    answer_.body += bytes;
    return true;
  }

  Error failed(std::string_view what) const {
    const std::string& peer = options_.unix_socket.empty() ? url_.host() : options_.unix_socket;
    return {Errc::kUnavailable, "'" + peer + "' " + std::string(what)};
  }

  static std::string sentence(CURLcode code) {
    switch (code) {
      case CURLE_COULDNT_RESOLVE_HOST: return "cannot be found";
      case CURLE_COULDNT_CONNECT: return "cannot be connected to";
      case CURLE_OPERATION_TIMEDOUT: return "did not answer in time";
      case CURLE_PEER_FAILED_VERIFICATION: return "has no certificate that can be trusted";
      case CURLE_SSL_CONNECT_ERROR: return "does not speak TLS that can be trusted";
      case CURLE_PARTIAL_FILE:
      case CURLE_GOT_NOTHING:
      case CURLE_SEND_ERROR:
      case CURLE_RECV_ERROR: return "closed the connection too early";
      default: return "did not answer as it should: " + std::string(curl_easy_strerror(code));
    }
  }

  const ClientOptions& options_;
  const ClientRequest& request_;
  const FetchUrl& url_;
  ClientAnswer answer_;
  std::optional<Error> failure_;  // Why we ended the transfer.
  std::size_t header_size_ = 0;
  bool is_head_whole_ = false;
};

class PlainClient final : public Client {
 public:
  explicit PlainClient(ClientOptions options)
      : options_(std::move(options)), handles_(options_.idle_connections) {}

  Result<ClientAnswer> request(const ClientRequest& request) const override {
    if (!is_token(request.method)) return Error{Errc::kInvalid, "this is no method of HTTP"};
    TRY(const FetchUrl url, FetchUrl::parse(request.url));
    Easy easy = handles_.take();
    if (!easy) return Error{Errc::kInternal, "libcurl has no handle"};
    auto answer = Exchange(options_, request, url).run(easy.get());
    handles_.give_back(std::move(easy));
    return answer;
  }

 private:
  const ClientOptions options_;
  mutable Handles handles_;
};

}  // namespace

Result<std::unique_ptr<Client>> make_client(ClientOptions options) {
  CHECK_OK(start_curl());
  return std::unique_ptr<Client>(std::make_unique<PlainClient>(std::move(options)));
}

}  // namespace engine::http
