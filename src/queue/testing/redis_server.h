#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/testing/test_directory.h"
#include "queue/redis_connection.h"

namespace engine::testing {

// A Redis of the test's own on a unix socket, which ends with it (and with the test program,
// however that ends).
class RedisServer {
 public:
  enum class Data { kInMemory, kOnDisk };
  explicit RedisServer(Data data = Data::kInMemory, std::vector<std::string> more_options = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  // For BullmqOptions::url.
  std::string url(const std::string& queue) const;
  const redis::Address& address() const { return address_; }

  // One command, on a connection of its own.
  redis::Reply ask(redis::Command command) const;

  void start();  // Waits until it answers.
  void kill();   // As a power cut would; what is on the disk remains.
  void pause();  // It lives, and answers nothing until resume().
  void resume();

  // The one server of this test program that has no faults.
  static const RedisServer& shared();

 private:
  const TestDirectory directory_;
  const Data data_;
  const std::vector<std::string> more_options_;
  redis::Address address_{.path = directory_.path() + "/redis.sock"};
  pid_t pid_ = -1;
};

}  // namespace engine::testing
