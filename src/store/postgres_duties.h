#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "store/postgres_server.h"

namespace engine::postgres {

// The duties of this process, each of which one process has at a time. A duty is a lock of a
// session that is kept for that alone: who loses the session loses the duties, and the server gives
// them to who asks next.
class Duties {
 public:
  explicit Duties(Server server) : server_(std::move(server)) {}

  // As Store::lead(). kUnavailable: the database is away, and so is the duty.
  Result<bool> lead(const std::string& duty);

 private:
  Result<bool> ask(const std::string& duty);

  const Server server_;
  std::mutex mutex_;  // Guards all below.
  std::unique_ptr<Connection> session_;
  std::set<std::string> held_;
};

}  // namespace engine::postgres
