#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "http/headers.h"

namespace engine::http {

// Talks to our own peers, whose addresses the operator gave: a cloud's API, a daemon on this
// machine. Addresses of strangers go through GuardedClient (fetch.h).
struct ClientOptions {
  std::string unix_socket;        // Connects there, whatever host the URL names.
  bool is_proxy_allowed = false;  // Obeys HTTPS_PROXY, NO_PROXY and so on.
  Milliseconds connect_patience{5'000};
  Milliseconds patience{60'000};        // For a whole request.
  Milliseconds stall_patience{20'000};  // Slower than 1 KiB/s for this long is given up. 0: never.
  Bytes answer = 8_MiB;                 // Largest body of an answer.
  std::size_t idle_connections = 16;    // Handles with theirs, kept for the next requests.
};

struct ClientRequest {
  std::string method = "GET";
  std::string url;  // Absolute; http or https.
  Headers headers;
  std::string_view body;                 // Outlives the call.
  std::optional<Bytes> answer;           // In place of the option.
  std::optional<Milliseconds> patience;  // In place of the option.
};

struct ClientAnswer {
  int status = 0;  // Any: 404 is an answer, too. Redirects are not followed.
  Headers headers;
  std::string body;  // As sent; nothing is unpacked.
};

class Client {
 public:
  virtual ~Client() = default;
  // Blocks; safe from any thread. Connections are kept and used again. TLS is verified.
  // kInvalid: no such URL, or a line break in a header.  kTooLarge: the answer is.
  // kUnavailable: not reached, too slow, or no whole answer; the peer may have acted all the same.
  virtual Result<ClientAnswer> request(const ClientRequest& request) const = 0;
};
// kInternal: libcurl cannot be started.
Result<std::unique_ptr<Client>> make_client(ClientOptions options);

}  // namespace engine::http
