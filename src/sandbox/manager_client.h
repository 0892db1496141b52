#pragma once

#include <mutex>
#include <string>

#include <sys/types.h>

#include "sandbox/cgroup.h"
#include "sandbox/manager_protocol.h"
#include "sandbox/native.h"

namespace engine::sandbox {

// The parent's side of the box manager. Safe from any thread.
class ManagerClient final : public Manager {
 public:
  ManagerClient(pid_t pid, Fd pidfd, Fd socket, CgroupMode mode);
  ManagerClient(const ManagerClient&) = delete;
  ManagerClient& operator=(const ManagerClient&) = delete;
  ~ManagerClient() override;  // Ends the manager, and with it every box.

  struct BoxName {
    unsigned box = 0;
    unsigned life = 0;
  };
  struct BuiltBox {
    BoxName name;
    Fd mother;        // To her.
    CgroupFds files;  // Those of v1 groups.
  };
  // `image` counts from 0 in NativeOptions::images, and `pin` in the processors that boxes are tied
  // to, if they are. kOverloaded: as many boxes as may be are there
  // or still die. kUnavailable: the host cannot make one, or the manager is dead.
  Result<BuiltBox> build(unsigned image, int pin);
  // Does not wait for the end.
  void destroy(BoxName name);

  CgroupMode mode() const { return mode_; }
  bool is_dead() const;
  int death_fd() const override { return pidfd_.get(); }

 private:
  const pid_t pid_;
  const Fd pidfd_;
  Fd socket_;
  const CgroupMode mode_;
  std::mutex mutex_;  // One request and its answer at a time.
};

}  // namespace engine::sandbox
