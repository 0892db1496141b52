#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/result.h"
#include "base/units.h"
#include "http/headers.h"

namespace engine::http {

struct Request {
  std::string method;
  std::string path;                                        // Percent-decoded, without the query.
  std::vector<std::pair<std::string, std::string>> query;  // Percent-decoded, in order.
  Headers headers;
  std::string body;
  std::vector<std::string> captures;  // What the route's "{}" parts matched.
  std::string route;                  // The pattern that matched, for metrics.
  // A stop is requested when nobody is there any more to be answered, soon after that; on the
  // executor's thread. Who waits long may give up then.
  std::stop_token client_gone;

  // The first header of that name, whatever its case; nullptr: none.
  const std::string* header(std::string_view name) const;
  const std::string* parameter(std::string_view name) const;
};

// Writes a body piece by piece, for event streams.
class StreamWriter {
 public:
  virtual ~StreamWriter() = default;
  // Returns when the client's side of the connection took the bytes.
  // False: the client has gone, or is too slow; stop.
  virtual boost::asio::awaitable<bool> write(std::string bytes) = 0;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  Headers headers;
  // When set, the body is what it writes, sent in chunks as it comes; `body` is not used.
  std::function<boost::asio::awaitable<void>(StreamWriter&)> stream;
};
using Handler = std::function<boost::asio::awaitable<Response>(Request)>;

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;             // 0 picks a free one; see Server::port().
  Bytes header = 16_KiB;                 // Larger: 431.
  Bytes body = 32_MiB;                   // Larger: 413, and the connection is closed.
  Milliseconds header_patience{10'000};  // From a request's first byte to its headers' end: 408.
  Milliseconds body_patience{30'000};    // From there to the body's end: 408.
  Milliseconds idle{60'000};             // Between requests; then closed.
  Milliseconds write_patience{30'000};   // For a client to take a piece of the answer.
  std::size_t connections = 20'000;      // More are answered 503 and closed.
  Bytes bodies = 1_GiB;                  // Of all requests being received at once; more: 503.
  std::function<Response(int status, std::string_view message)> refusal;  // Wording of 4xx here.
};

// Serves `handler` until stopped. Runs on `executor`, which has one thread; every handler and
// every coroutine it starts runs there. Beast stays behind this header.
class Server {
 public:
  virtual ~Server() = default;
  virtual std::uint16_t port() const = 0;
  // Takes no more connections; requests in progress go on, and their connections are closed after
  // the answer. Call on the executor's thread. The destructor does the same.
  virtual void stop_accepting() = 0;
  virtual std::size_t connections() const = 0;  // Open now. Call on the executor's thread.
};
// kInvalid: the address cannot be listened on; says which and why.
Result<std::unique_ptr<Server>> make_server(const boost::asio::any_io_executor& executor,
                                            ServerOptions options, Handler handler);

}  // namespace engine::http
