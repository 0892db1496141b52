#pragma once

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/fd.h"

namespace engine::http {

// A client for tests that sends exactly the bytes it is told to, at the pace it is told to, and
// never waits longer than kTestPatience.
class TestClient {
 public:
  static constexpr int kTestPatienceMs = 10'000;

  explicit TestClient(std::uint16_t port, const char* address = "127.0.0.1")
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(port);
    ::inet_pton(AF_INET, address, &peer.sin_addr);
    if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&peer), sizeof(peer)) != 0) {
      throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
    }
  }

  // Stops early when the peer has closed.
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  // One whole answer, by its Content-Length or its chunks; what came when the peer closed first.
  std::string read_answer(bool has_body = true) {
    std::size_t head_end = std::string::npos;
    while ((head_end = input_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return take(input_.size());
    }
    head_end += 4;
    const std::string head = input_.substr(0, head_end);
    if (!has_body || head.starts_with("HTTP/1.1 100")) return take(head_end);
    if (head.find("Transfer-Encoding: chunked") != std::string::npos) {
      std::size_t end = 0;
      while ((end = input_.find("0\r\n\r\n", head_end)) == std::string::npos && read_more()) {
      }
      return take(end == std::string::npos ? input_.size() : end + 5);
    }
    const auto at = head.find("Content-Length: ");
    if (at == std::string::npos) return read_to_end();
    const std::size_t size = head_end + std::stoul(head.substr(at + 16));
    while (input_.size() < size && read_more()) {
    }
    return take(std::min(size, input_.size()));
  }

  std::string exchange(std::string_view request) {
    send(request);
    return read_answer();
  }

  // Until the peer closes.
  std::string read_to_end() {
    while (read_more()) {
    }
    return take(input_.size());
  }

  bool is_closed_by_peer() { return read_to_end().empty() && !timed_out_; }
  void shut_down_sending() { ::shutdown(socket_.get(), SHUT_WR); }
  void close() { socket_ = Fd(); }
  int fd() const { return socket_.get(); }

 private:
  bool read_more() {
    pollfd ready{socket_.get(), POLLIN, 0};
    if (::poll(&ready, 1, kTestPatienceMs) != 1) {
      timed_out_ = true;
      return false;
    }
    char bytes[65536];
    const auto size = ::recv(socket_.get(), bytes, sizeof(bytes), 0);
    if (size <= 0) return false;
    input_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }

  std::string take(std::size_t size) {
    std::string taken = input_.substr(0, size);
    input_.erase(0, size);
    return taken;
  }

  Fd socket_;
  std::string input_;
  bool timed_out_ = false;
};

}  // namespace engine::http
