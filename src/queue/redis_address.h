#pragma once

#include <string>

namespace engine::redis {

// Where a Redis is, and as whom to speak to it.
struct Address {
  std::string host;  // Empty: `path` is a unix socket.
  int port = 6379;
  std::string path;
  std::string user;
  std::string password;
  int database = 0;

  // For messages: without the password.
  std::string name() const {
    return host.empty() ? "unix:" + path : host + ":" + std::to_string(port);
  }
};

}  // namespace engine::redis
