#include "docker/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace engine::docker {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kMaxBody = 8 << 20;

Error away(const std::string& what) {
  return {Errc::kUnavailable, "docker: " + what, {}};
}

Error away(const std::string& what, int error) {
  return away(what + ": " + std::generic_category().message(error));
}

Error late() {
  return away("the engine does not answer in time");
}

// True when `fd` has one of `events`, or an error, before the deadline.
bool wait_for(int fd, short events, Deadline deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now());
    const auto patience = std::clamp<std::int64_t>(left.count(), 0, 3'600'000);
    pollfd wait = {fd, events, 0};
    const int count = ::poll(&wait, 1, static_cast<int>(patience));
    if (count > 0) return true;
    if (count == 0 && patience < 3'600'000) return false;
  }
}

Status connect(const Fd& socket, const sockaddr* address, socklen_t size, Deadline deadline) {
  if (::connect(socket.get(), address, size) == 0) return Ok{};
  if (errno != EINPROGRESS && errno != EAGAIN) return away("connect", errno);
  if (!wait_for(socket.get(), POLLOUT, deadline)) return late();
  int error = 0;
  socklen_t length = sizeof(error);
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  return error == 0 ? Status(Ok{}) : Status(away("connect", error));
}

Result<Fd> connect_to_path(const std::string& path, Deadline deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return Error{Errc::kInvalid, "docker: the socket's path is too long", {}};
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return away("socket", errno);
  auto connected =
      connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address), deadline);
  if (connected) return socket;
  return Error{Errc::kUnavailable, connected.error().message + " (" + path + ")", {}};
}

Result<Fd> connect_to_host(const Address& to, Deadline deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(to.host.c_str(), to.port.c_str(), &hints, &found)) {
    return away(to.host + ": " + ::gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  Error last = away(to.host + ": no address");
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    Fd socket(::socket(one->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.is_open()) continue;
    auto connected = connect(socket, one->ai_addr, one->ai_addrlen, deadline);
    if (connected) return socket;
    last = std::move(connected).error();
  }
  return last;
}

std::string head_of(const Connection::Request& request) {
  std::string head(request.method);
  head += " " + request.target + " HTTP/1.1\r\nHost: docker\r\nUser-Agent: execution-engine\r\n";
  head += request.upgrades ? "Connection: Upgrade\r\nUpgrade: tcp\r\n" : "Connection: close\r\n";
  if (!request.body.empty()) {
    head += "Content-Type: " + std::string(request.content_type) + "\r\n";
  }
  return head + "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n";
}

}  // namespace

Result<Connection> Connection::open(const Address& address, Deadline deadline) {
  TRY(Fd socket, address.socket.empty() ? connect_to_host(address, deadline)
                                        : connect_to_path(address.socket, deadline));
  return Connection(std::move(socket));
}

Status Connection::send(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      if (!wait_for(socket_.get(), POLLOUT, deadline)) return late();
    } else if (errno != EINTR) {
      return away("send", errno);
    }
  }
  return Ok{};
}

// 0: the engine has closed.
Result<std::size_t> Connection::receive(std::span<char> buffer, Deadline deadline) {
  for (;;) {
    const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN) {
      if (!wait_for(socket_.get(), POLLIN, deadline)) return late();
    } else if (errno != EINTR) {
      return away("receive", errno);
    }
  }
}

Result<Connection::Response> Connection::exchange(const Request& request, Deadline deadline) {
  CHECK_OK(send(head_of(request), deadline));
  // An engine that refuses does not read the rest, but says why.
  const Status sent = send(request.body, deadline);
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxBody);
  parser.eager(true);
  std::array<char, 16 << 10> buffer{};
  while (!parser.is_done()) {
    const auto received = receive(buffer, deadline);
    if (!received) return sent ? received.error() : sent.error();
    const std::size_t count = *received;
    boost::system::error_code error;
    if (count == 0) {
      parser.put_eof(error);
      if (error || !parser.is_done()) return away("the engine's answer is cut off");
      break;
    }
    rest_.append(buffer.data(), count);
    const std::size_t used = parser.put(boost::asio::buffer(rest_), error);
    rest_.erase(0, used);
    if (error && error != http::error::need_more) {
      return away("the engine's answer is no HTTP: " + error.message());
    }
  }
  const auto& message = parser.get();
  return Response{static_cast<int>(message.result_int()), std::string(message["Api-Version"]),
                  message.body()};
}

}  // namespace engine::docker
