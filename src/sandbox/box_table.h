#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "sandbox/box_process.h"
#include "sandbox/cgroup.h"
#include "sandbox/manager_host.h"
#include "sandbox/native.h"

namespace engine::sandbox {

// The manager's boxes: those that live, those that still die, and the empty network namespaces that
// wait for the next one. Each box goes free -> living -> dying -> free; its index, user ids and
// network are used again only when the kernel says that all of it is dead.
class BoxTable {
 public:
  BoxTable(const ManagerHost& host, const NativeOptions& options);
  BoxTable(const BoxTable&) = delete;
  BoxTable& operator=(const BoxTable&) = delete;
  ~BoxTable();  // Kills all boxes and waits for them, within reason.

  struct Built {
    unsigned box = 0;
    unsigned life = 0;
    Fd control;
    CgroupFds files;
  };
  // kOverloaded: as many boxes as may be are there. kUnavailable: the host cannot make one now.
  Result<Built> build(unsigned image);

  // Starts the end of a box; bury() finishes it.
  void destroy(unsigned box, unsigned life);

  // Takes away what has died since. False: something is still dying.
  bool bury();

  // Of the dying, for poll(): readable when there is something to bury.
  std::vector<int> dying_pidfds() const;

 private:
  enum class State { kFree, kLiving, kDying, kDead };  // kDead: reaped, its cgroups not yet gone.
  struct Entry {
    State state = State::kFree;
    unsigned life = 0;
    std::unique_ptr<BoxCgroup> cgroup;
    Fd pidfd;
    Fd network;
  };

  Result<Fd> take_network();
  Entry* free_entry();
  void kill(Entry& entry);
  void bury(Entry& entry);

  const ManagerHost& host_;
  const NativeOptions& options_;
  CgroupMode mode_;
  BoxCeiling ceiling_;
  std::vector<Entry> entries_;
  std::vector<Fd> networks_;
};

}  // namespace engine::sandbox
