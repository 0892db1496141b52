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
// wait for the next one. Each box goes free -> living -> dying -> free; its index, user ids,
// cgroups and network are used again only when the kernel says that all of it is dead.
class BoxTable {
 public:
  BoxTable(const ManagerHost& host, const NativeOptions& options);
  BoxTable(const BoxTable&) = delete;
  BoxTable& operator=(const BoxTable&) = delete;
  ~BoxTable();  // Kills all boxes and waits for them, within reason.

  struct Built {
    unsigned box = 0;
    unsigned life = 0;
    Fd mother;
    const CgroupFds* files = nullptr;  // Those of v1 groups; the table's own.
  };
  // kOverloaded: as many boxes as may be are there. kUnavailable: the host cannot make one now.
  Result<Built> build(unsigned image, unsigned pin);

  // Starts the end of a box; bury() finishes it.
  void destroy(unsigned box, unsigned life);

  // Takes away what has died since. False: something is still dying.
  bool bury();

  // Of the dying, for poll(): readable when there is something to bury.
  std::vector<int> dying_pidfds() const;

  // The mother's death takes its processes along; where that takes long, bury() does more.
  static constexpr std::chrono::milliseconds kPatience{100};

 private:
  enum class State { kFree, kLiving, kDying, kDead };  // kDead: reaped, its cgroups not yet gone.
  struct Entry {
    State state = State::kFree;
    unsigned life = 0;
    std::unique_ptr<BoxCgroup> cgroup;  // May be left by a dead box, ready for the next.
    CgroupFds files;                    // Of `cgroup`.
    Fd pidfd;
    Fd network;
    std::chrono::steady_clock::time_point impatient_at;
  };

  Entry* free_entry();
  unsigned index_of(const Entry& entry) const;
  Status prepare(Entry& entry);
  Result<BoxProcess> start(Entry& entry, unsigned image, unsigned pin) const;
  static void kill(Entry& entry);
  static void kill_group(Entry& entry);
  void bury(Entry& entry);

  const ManagerHost& host_;
  const NativeOptions& options_;
  CgroupMode mode_;
  BoxCeiling ceiling_;
  std::vector<Entry> entries_;
};

}  // namespace engine::sandbox
