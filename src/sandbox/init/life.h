#pragma once

#include <signal.h>

#include "sandbox/cgroup_files.h"
#include "sandbox/init/ipc.h"
#include "sandbox/init/leaf.h"
#include "sandbox/init/oom_score.h"
#include "sandbox/init/protocol.h"
#include "sandbox/init/scratch.h"
#include "sandbox/init/spawner.h"

namespace engine::sandbox::init {

// One life of a box after another, as its mother leads them: the processes in namespaces that end
// with a life, the first of which, their PID 1, is the spawner; the cgroup and the files that these
// have; and the worker's orders about them. The mother alone uses it, and ends with whatever it
// cannot do, which the worker is told: the box is lost then.
class Life {
 public:
  Life(CgroupMode mode, OomScore score) : mode_(mode), oom_score_(score) {}

  // Serves one order of the worker.
  void serve();
  // Looks who has died, once a child has.
  void reap();

 private:
  wire::ControlReply make(wire::Answer answer) const;
  void tell(const wire::ControlReply& reply) const;
  [[noreturn]] void fail(const char* what) const;
  [[noreturn]] void fail(const char* what, int error) const;
  [[noreturn]] void fail_for_lost(const siginfo_t& spawner) const;

  void kill_all() const;
  void configure(const wire::ControlRequest& request);
  template <typename Work>
  void in_a_child(const char* what, Work work) const;
  void take(const wire::ControlRequest& request, const char* names, const char* end) const;
  void offer(const char* name) const;
  void replace(int bundle) const;
  void reset(const wire::ControlRequest& request);

  // Ends the life that is led, if any, and begins another.
  void begin(const wire::ControlRequest& request);
  void end();
  void renew_ipc();
  void renew_leaf();
  void forget_requests() const;
  long clone_into_leaf() const;
  [[noreturn]] void live(const Announcement& announcement) const;
  Announcement make_announcement() const;

  CgroupMode mode_;
  OomScore oom_score_;
  int run_socket_ = -1;
  long spawner_ = 0;  // 0: nobody lives.
  unsigned generation_ = 0;
  Leaf leaf_{};
  Scratch scratch_;
  IpcMarks ipc_;
};

}  // namespace engine::sandbox::init
