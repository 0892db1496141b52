#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include <sys/types.h>

#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"
#include "sandbox/cgroup_files.h"

namespace engine::sandbox {

// Where this host has its cgroup hierarchies mounted.
struct Hierarchies {
  CgroupMode mode = CgroupMode::kV2;
  std::string v2;                         // Mount point; empty on pure v1.
  std::map<std::string, std::string> v1;  // Controller -> mount point: memory, pids, cpu, ...
};

// kInvalid: no hierarchy here can hold memory and processes to a limit; says what to do.
Result<Hierarchies> detect_hierarchies();

// Whether v1's memory groups have a limit of memory and swap, too.
bool counts_swap(const Hierarchies& hierarchies);

// Memory is given and charged by the page.
constexpr std::int64_t whole_pages(std::int64_t bytes) {
  constexpr std::int64_t kPage = 4096;
  return (bytes + kPage - 1) / kPage * kPage;
}

using CgroupFds = std::array<Fd, static_cast<std::size_t>(CgroupFile::kCount)>;

// What a whole box may use at most, whatever its runs are given: its mother and spawner included.
// Set by the manager, out of reach of the unprivileged half.
struct BoxCeiling {
  Bytes memory;
  int processes = 0;
};

// One box's cgroups, in every hierarchy that counts, made and removed by the manager.
//
// Layout: on v2, in <parent>/<instance>/box<index>, `init` holds the box's mother, and runs have
// leaves that she makes (box<index> is delegated to her); on hybrid, v2 has the same without
// controllers. In <parent>/<instance>.box<index> v1's pids have `run` with all in it (the run's
// limit there, the ceiling on box<index>), and v1's cpu box<index> itself; on pure v1 also cpuacct
// and freezer. v1's memory has all in box<index>: the ceiling is the limit of memory and swap, the
// run's is that of memory. Without swap accounting it has `run` as pids do.
//
// A leaf is of no use after its cgroup.kill: since Linux 6.14 whatever is cloned into it from
// outside is killed too, for ever.
//
// A cgroup2 mounted with nsdelegate (systemd's default) refuses to clone into a cgroup that is not
// below the root of the cloner's cgroup namespace, and a cgroup namespace made by clone has the
// cloner's own cgroup as root. So the mother stays in the manager's cgroup namespace, and the
// spawner gets a new one, by unshare() once it is in its leaf.
class BoxCgroup {
 public:
  virtual ~BoxCgroup() = default;  // Kills what is left and removes the directories, or tries to.

  // v2: the directory for clone3's CLONE_INTO_CGROUP of the mother; -1 on pure v1.
  virtual int init_fd() const = 0;
  // v2 and hybrid: the directory that the mother makes her leaves in; else -1.
  virtual int box_fd() const = 0;

  // Puts the calling process into the v1 hierarchies; called in the cloned child, which must have
  // one thread only, before it gives its privileges up. Writes "0" to `tasks` through descriptors
  // that make_box() opened: some 30 us each, where moving another process by its number costs
  // 8-16 ms. Nothing to do on pure v2.
  virtual Status attach_self() = 0;

  // Open descriptors of those files of a run that are of a v1 group. The others are closed: the
  // mother opens and hands over those of each leaf.
  virtual Result<CgroupFds> open_run_files() const = 0;

  // Kills everything in the box at once (v1: freezes, kills each, thaws). Safe to call again.
  virtual Status kill() = 0;
  virtual bool empty() const = 0;
  // kUnavailable: something still dies in it; call again later.
  virtual Status remove() = 0;
  // Instead of remove(), once all in it is dead: makes it as new for another box of this index and
  // owner, for a fifth of the price. kUnavailable: it cannot be; after kill() for one.
  virtual Status renew() = 0;
};

// This engine's own subtree in every hierarchy. One engine process per instance: it is locked for
// as long as the tree lives, and by the kernel's doing no longer.
//
// Nothing outside <parent>/<instance> and v1's <parent>/<instance>.box<index> is changed, but for
// two things that pure v2 demands: the controllers are turned on along the way there, and where a
// cgroup on that way holds this very process (a container, a delegated unit), its processes move to
// <parent>/engine.processes, since a cgroup may not have both.
class CgroupTree {
 public:
  // Makes <parent>/<instance>, turns the controllers on, and kills and removes whatever an earlier
  // engine of that name left. kConflict: a living engine has this instance. kInvalid: a bad name,
  // not permitted, or a controller is missing; says which and what to do. kUnavailable: leftovers
  // did not die within 5 s.
  static Result<std::unique_ptr<CgroupTree>> create(const Hierarchies& hierarchies,
                                                    const std::string& parent,
                                                    const std::string& instance);
  virtual ~CgroupTree() = default;  // Removes the instance's directories, boxes first.

  // `owner` is the host uid of the box's root, to which v2's delegation goes. kUnavailable: a box
  // of this index still dies; take another index, or call again later.
  virtual Result<std::unique_ptr<BoxCgroup>> make_box(int index, uid_t owner,
                                                      const BoxCeiling& ceiling) = 0;
  virtual const Hierarchies& hierarchies() const = 0;
};

// Limits and counts of one run, through descriptors only: works without any privilege. One run
// after another on the same descriptors (hybrid, v1), or one run on its own (v2).
class RunMeter {
 public:
  RunMeter(CgroupMode mode, CgroupFds files);

  // Takes over the files of a new leaf: those that are open. Then begin() must follow.
  void adopt(CgroupFds files);

  // Sets the limits over what is used already (mother, spawner, files), and starts all counts anew.
  // `idle_tasks`: tasks that are in the group without a run (mother and spawner on v1,
  // spawner on v2) and do not count. kUnavailable: the kernel refused.
  Status begin(Bytes memory, int processes, int idle_tasks);

  // Raises the memory limit of the run that began.
  Status allow_more(Bytes memory);

  // After a run that was killed: its memory may be freed late, and what prepares the next run must
  // not die of the old limit meanwhile. Best effort; the next begin() sets the limit anew.
  void make_room() const;

  Result<Microseconds> cpu_time() const;  // Since begin().
  Bytes memory_now() const;               // Above what was used at begin().
  Bytes memory_peak() const;              // Likewise; at most the limit.
  int oom_kills() const;                  // Since begin(), whoever ran out of memory.
  // Of such a kill: whether the run's own limit was why, and not what the host has left.
  bool is_at_memory_limit() const;
  int tasks_now() const;                // Without the idle ones.
  int tasks_peak() const;               // Likewise: the kernel's count, else the largest seen.
  Microseconds processor_wait() const;  // Time in which tasks waited for a processor; 0: unknown.

  // Kills every process of the run's group at once. kNotFound on pure v1: the mother must do it.
  Status kill() const;

 private:
  const Fd& file(CgroupFile which) const { return files_[static_cast<std::size_t>(which)]; }
  Status limit_memory(std::int64_t bytes) const;

  CgroupMode mode_;
  CgroupFds files_;
  std::int64_t ceiling_;
  std::int64_t cpu_at_begin_ = 0;
  std::int64_t memory_at_begin_ = 0;
  std::int64_t memory_limit_ = 0;
  std::int64_t oom_kills_at_begin_ = 0;
  std::int64_t pids_peak_at_begin_ = 0;
  std::int64_t wait_at_begin_ = 0;
  int idle_tasks_ = 0;
  mutable std::int64_t memory_seen_ = 0;
  mutable int tasks_seen_ = 0;
};

}  // namespace engine::sandbox
