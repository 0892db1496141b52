#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"
#include "docker/docker.h"

namespace engine::docker {

using Deadline = std::chrono::steady_clock::time_point;

// One connection to the engine, for one request. Every call ends by the deadline. kUnavailable: the
// engine is away, does not answer in time, or talks nonsense.
class Connection {
 public:
  static Result<Connection> open(const Address& address, Deadline deadline);

  struct Request {
    std::string_view method;
    std::string target;
    std::string_view body;
    std::string_view content_type = "application/json";
    bool upgrades = false;  // To a raw stream, over which the connection goes on.
  };
  struct Response {
    int status = 0;
    std::string version;  // The header Api-Version.
    std::string body;
  };
  Result<Response> exchange(const Request& request, Deadline deadline);

  // After an upgrade: the stream, and what came over it already.
  Fd take_socket() { return std::move(socket_); }
  std::string take_rest() { return std::move(rest_); }

 private:
  explicit Connection(Fd socket) : socket_(std::move(socket)) {}
  Status send(std::string_view bytes, Deadline deadline);
  Result<std::size_t> receive(std::span<char> buffer, Deadline deadline);

  Fd socket_;  // Does not block.
  std::string rest_;
};

}  // namespace engine::docker
