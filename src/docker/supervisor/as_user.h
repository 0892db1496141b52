#pragma once

#include <sys/fsuid.h>

namespace engine::docker::supervisor {

// For its life, files are seen with the rights of the runs' user, who owns what a run leaves
// behind. Only while nothing of his is alive.
class AsUser {
 public:
  explicit AsUser(unsigned user) {
    setfsgid(user);
    setfsuid(user);
  }
  ~AsUser() {
    setfsuid(0);
    setfsgid(0);
  }
  AsUser(const AsUser&) = delete;
  AsUser& operator=(const AsUser&) = delete;
};

}  // namespace engine::docker::supervisor
