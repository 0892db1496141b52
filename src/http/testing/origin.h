#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/fd.h"

namespace engine::http::testing {

// A server on 127.0.0.1 that answers each connection, one after the other, by a script: it is given
// the request's head and a way to send, which says false when the client has gone.
class Origin {
 public:
  using Send = std::function<bool(std::string_view)>;
  using Script = std::function<void(const std::string& head, const Send& send)>;

  explicit Origin(Script script) : script_(std::move(script)) {
    sockaddr_in self{};
    self.sin_family = AF_INET;
    self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(self);
    if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&self), size) != 0 ||
        ::listen(listener_.get(), 16) != 0 ||
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&self), &size) != 0) {
      throw std::runtime_error("cannot listen on 127.0.0.1");
    }
    port_ = ntohs(self.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Origin() {
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
  }
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  std::string port() const { return std::to_string(port_); }
  std::string url(const std::string& path) const { return "http://127.0.0.1:" + port() + path; }
  int connections() const { return connections_; }

 private:
  // False: the origin is to stop.
  bool is_ready(int fd) const {
    pollfd ready[] = {
        {stop_.get(), POLLIN, 0},
        {fd,          POLLIN, 0}
    };
    return ::poll(ready, 2, -1) > 0 && ready[0].revents == 0;
  }

  void serve() {
    while (is_ready(listener_.get())) {
      const Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      ++connections_;
      std::string head;
      char bytes[4096];
      while (head.find("\r\n\r\n") == std::string::npos && is_ready(client.get())) {
        const auto size = ::recv(client.get(), bytes, sizeof(bytes), 0);
        if (size <= 0) break;
        head.append(bytes, static_cast<std::size_t>(size));
      }
      script_(head, [&](std::string_view text) { return send_all(client.get(), text); });
      ::shutdown(client.get(), SHUT_WR);
      while (is_ready(client.get()) && ::recv(client.get(), bytes, sizeof(bytes), 0) > 0) {
      }
    }
  }

  static bool send_all(int fd, std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  Script script_;
  Fd listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  Fd stop_{::eventfd(0, EFD_CLOEXEC)};
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

}  // namespace engine::http::testing
