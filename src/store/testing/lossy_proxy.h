#pragma once

#include <atomic>
#include <cstring>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/testing/test_directory.h"

namespace engine::testing {

// Stands between a client and a PostgreSQL server on a unix socket, and can lose one answer: the
// server has done what it was asked for, and the client finds the connection cut.
class LossyProxy {
 public:
  explicit LossyProxy(const std::string& server_directory)
      : server_(server_directory + "/.s.PGSQL.5432"),
        listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto address = address_of(directory_.path() + "/.s.PGSQL.5432");
    ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    ::listen(listener_.get(), 16);
    acceptor_ = std::thread([this] { accept(); });
  }
  LossyProxy(const LossyProxy&) = delete;
  LossyProxy& operator=(const LossyProxy&) = delete;
  ~LossyProxy() {
    ending_ = true;
    acceptor_.join();
    for (std::thread& pump : pumps_)
      pump.join();
  }

  std::string url(const std::string& database) const {
    return "postgres://engine@/" + database + "?host=" + directory_.path();
  }

  // The next answer to a request that contains `marker` is lost.
  void lose_answer_to(const std::string& marker) {
    const std::lock_guard lock(mutex_);
    marker_ = marker;
  }

 private:
  static constexpr int kTick = 20;  // ms, between two looks at the end.

  static sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    return address;
  }

  bool is_marked(std::string_view request) {
    const std::lock_guard lock(mutex_);
    if (marker_.empty() || request.find(marker_) == std::string_view::npos) return false;
    marker_.clear();
    return true;
  }

  void accept() {
    while (!ending_) {
      pollfd ready{.fd = listener_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, kTick) <= 0) continue;
      Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      Fd server(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const auto address = address_of(server_);
      if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) !=
          0) {
        continue;
      }
      pumps_.emplace_back(
          [this, client = std::move(client), server = std::move(server)] { pump(client, server); });
    }
  }

  void pump(const Fd& client, const Fd& server) {
    bool losing = false;
    std::string buffer(64 * 1024, '\0');
    const auto pass = [&](const Fd& from, const Fd& to, bool is_request) {
      const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
      if (got <= 0) return false;
      const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
      if (is_request) losing = losing || is_marked(bytes);
      if (!is_request && losing) return false;
      return ::send(to.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == got;
    };
    while (!ending_) {
      pollfd ready[] = {
          {.fd = client.get(), .events = POLLIN, .revents = 0},
          {.fd = server.get(), .events = POLLIN, .revents = 0}
      };
      if (::poll(ready, 2, kTick) <= 0) continue;
      if (ready[0].revents != 0 && !pass(client, server, true)) break;
      if (ready[1].revents != 0 && !pass(server, client, false)) break;
    }
    ::shutdown(client.get(), SHUT_RDWR);
    ::shutdown(server.get(), SHUT_RDWR);
  }

  TestDirectory directory_;
  const std::string server_;
  const Fd listener_;
  std::atomic<bool> ending_ = false;
  std::mutex mutex_;
  std::string marker_;            // Guarded by mutex_.
  std::list<std::thread> pumps_;  // The acceptor's alone, until it has ended.
  std::thread acceptor_;
};

}  // namespace engine::testing
