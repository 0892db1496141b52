#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "sandbox/boxes.h"
#include "sandbox/cgroup.h"
#include "sandbox/init/protocol.h"

namespace engine::sandbox {

// The size of a box's writable file system.
struct ScratchSize {
  Bytes disk;
  int files = 0;
  bool operator==(const ScratchSize&) const = default;
};

inline constexpr std::chrono::seconds kBoxPatience{5};  // With whatever a mother is told to do.

// The worker's side of one box: of its mother, and of the spawner of its present life, which waits
// for the next run. Holds all that a run needs as descriptors; needs no privilege. One thread at a
// time.
//
// Everything that comes from a box is checked here. kUnavailable from any call: the box is lost.
class BoxLink {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  // `files`: those of the box's v1 groups.
  BoxLink(CgroupMode mode, Fd mother, CgroupFds files);

  // Orders the end of whatever lives in the box, and a new life: nothing in it was there before but
  // the user ids, the empty network and the empty cgroups. Does not wait.
  Status order_birth(const ScratchSize& size);
  // Orders fresh files and IPC objects, and fresh processes but for a spawner that was not killed.
  // Does not wait.
  Status order_reset(const ScratchSize& size);
  // Waits for the end of either. Afterwards a spawner waits for one run.
  Status await_ready(Deadline deadline);
  bool is_ready() const { return ready_; }

  Status resize(const ScratchSize& size, Deadline deadline);
  const ScratchSize& size() const { return size_; }

  // Has the command executed. `stdio`: stdin, stdout, stderr. The others may be -1.
  Status start(const RunSpec& spec, std::span<const int, 3> stdio, int bundle, int frozen);

  // The next word of the spawner, if there is one now. kNotFound: not yet. kUnavailable: the
  // spawner is dead.
  Result<wire::RunReply> next_event();
  // To poll for that.
  int run_fd() const { return run_.get(); }
  // The end of the spawner shows here.
  int control_fd() const { return mother_.get(); }
  // Whether the spawner is dead; looks what was said of it. kUnavailable: so is the mother.
  Result<bool> is_dead();

  RunMeter& meter() { return meter_; }
  // Tasks in the run's cgroup that are not the run's.
  int idle_tasks() const { return mode_ == CgroupMode::kV2 ? 1 : 2; }

  // The run has ended by itself and nothing of it is alive.
  void ended_clean() { dirty_ = false; }

  // Kills all of the run, the spawner with it; everything is dead when await_dead() says so.
  Status kill();
  Status await_dead(Deadline deadline);

  // Makes a FIFO of this name for a run that is not started yet; then waits until it has opened it.
  // What is written to the descriptor is what it reads there.
  Status offer(const std::string& name, Deadline deadline);
  Result<Fd> await_opened(Deadline deadline);
  // Puts files into the box of a run that has been started, in the stead of what has their names.
  Status replace(const FileSet& files, Deadline deadline);
  // Whether such files are charged to the run.
  bool charges_replaced() const { return mode_ != CgroupMode::kV2; }

  // Opens and reads the declared files. Only when all of the run is dead.
  Result<std::vector<TakenFile>> take(const RunSpec& spec, Deadline deadline);

 private:
  struct Message {
    wire::ControlReply reply;
    std::string text;
    std::vector<Fd> fds;
  };
  Status order(const wire::ControlRequest& request, std::string_view names = {});
  Result<Message> next_message(Deadline deadline);
  Result<Message> await(wire::Answer answer, Deadline deadline);
  Status accept_ready(Message message);
  Status forget_events();

  CgroupMode mode_;
  Fd mother_;
  Fd run_;  // To all spawners, one after another.
  RunMeter meter_;
  ScratchSize size_;
  std::uint32_t generation_ = 0;
  bool leaf_killed_ = false;
  bool ready_ = false;
  bool dirty_ = true;  // The run was killed, or something of it may be alive.
  bool dead_ = false;  // The mother said so of this generation.
};

}  // namespace engine::sandbox
