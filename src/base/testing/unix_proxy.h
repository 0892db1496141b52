#pragma once

#include <atomic>
#include <cstring>
#include <limits>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/testing/test_directory.h"

namespace engine {

// Stands between clients and a server on a unix socket, and can keep the server's answers, or the
// requests, to itself.
class UnixProxy {
 public:
  enum class Fate {
    kCut,         // The server does what it was asked for; the client finds the connection cut.
    kUnanswered,  // The server does what it was asked for; the client hears nothing.
    kSwallowed,   // Nothing is done, and the client hears nothing.
  };
  static constexpr int kAlways = std::numeric_limits<int>::max();

  // Listens at `name` in a directory of its own.
  UnixProxy(std::string server, const std::string& name)
      : server_(std::move(server)),
        path_(directory_.path() + "/" + name),
        listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto address = address_of(path_);
    ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    ::listen(listener_.get(), 64);
    acceptor_ = std::thread([this] { accept(); });
  }
  UnixProxy(const UnixProxy&) = delete;
  UnixProxy& operator=(const UnixProxy&) = delete;
  ~UnixProxy() {
    ending_ = true;
    acceptor_.join();
    for (std::thread& pump : pumps_)
      pump.join();
  }

  const std::string& directory() const { return directory_.path(); }
  const std::string& path() const { return path_; }

  // What becomes of the next requests that contain `marker`, and of their connections from then on.
  void meddle(const std::string& marker, Fate fate, int times) {
    const std::lock_guard lock(mutex_);
    marker_ = marker;
    fate_ = fate;
    times_ = times;
  }
  void let_pass() { meddle("", Fate::kCut, 0); }

  // How many requests met with something so far.
  int met() const { return met_; }

 private:
  static constexpr int kTick = 20;  // ms, between two looks at the end.

  static sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    return address;
  }

  bool is_marked(std::string_view request, Fate& fate) {
    const std::lock_guard lock(mutex_);
    if (times_ == 0 || request.find(marker_) == std::string_view::npos) return false;
    if (times_ != kAlways) --times_;
    fate = fate_;
    ++met_;
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
    bool is_met = false;
    Fate fate = Fate::kCut;
    std::string buffer(64 * 1024, '\0');
    const auto pass = [&](const Fd& from, const Fd& to, bool is_request) {
      const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
      if (got <= 0) return false;
      const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
      if (is_request) is_met = is_met || is_marked(bytes, fate);
      if (is_met && is_request && fate == Fate::kSwallowed) return true;
      if (is_met && !is_request) return fate != Fate::kCut;
      return ::send(to.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == got;
    };
    bool is_served = true;
    while (!ending_) {
      pollfd ready[] = {
          {.fd = client.get(),                  .events = POLLIN, .revents = 0},
          {.fd = is_served ? server.get() : -1, .events = POLLIN, .revents = 0}
      };
      if (::poll(ready, 2, kTick) <= 0) continue;
      if (ready[0].revents != 0 && !pass(client, server, true)) break;
      if (ready[1].revents != 0 && !pass(server, client, false)) {
        if (!is_met || fate == Fate::kCut) break;
        is_served = false;  // The client is not to notice.
      }
    }
    ::shutdown(client.get(), SHUT_RDWR);
    ::shutdown(server.get(), SHUT_RDWR);
  }

  TestDirectory directory_;
  const std::string server_;
  const std::string path_;
  const Fd listener_;
  std::atomic<bool> ending_ = false;
  std::atomic<int> met_ = 0;
  std::mutex mutex_;  // Guards the next three.
  std::string marker_;
  Fate fate_ = Fate::kCut;
  int times_ = 0;
  std::list<std::thread> pumps_;  // The acceptor's alone, until it has ended.
  std::thread acceptor_;
};

}  // namespace engine
