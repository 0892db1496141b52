#pragma once

#include <cstdint>

namespace engine::docker::supervisor {

// What a run uses: by the container's cgroup where it can be read in here, else by what the kernel
// says of processes. The cgroup counts the supervisor too, whose share is taken off.
class Meter {
 public:
  void open();   // Once.
  void begin();  // From here on everything counts to the run.

  std::int64_t cpu_us() const;
  std::int64_t memory_now();      // These two also keep the peak where the kernel does not.
  int tasks_now(int reaped = 0);  // `reaped`: who were alive a moment ago.

  // When all is dead. `largest`: what the main process took, by wait4().
  std::int64_t memory_peak(std::int64_t largest) const;
  int tasks_peak() const;

  bool knows_oom() const { return memory_events_ >= 0; }
  std::int64_t oom_kills() const;

 private:
  std::int64_t cpu_total() const;

  // Descriptors, or -1.
  int cpu_ = -1;
  const char* cpu_key_ = nullptr;
  int cpu_per_us_ = 1;
  int memory_current_ = -1;
  int memory_max_ = -1;
  int memory_events_ = -1;
  int pids_current_ = -1;
  int pids_max_ = -1;

  std::int64_t cpu_at_begin_ = 0;
  std::int64_t own_cpu_at_begin_ = 0;
  std::int64_t memory_at_begin_ = 0;
  std::int64_t memory_max_at_begin_ = 0;
  std::int64_t memory_seen_ = 0;
  std::int64_t pids_max_at_begin_ = 0;
  int tasks_seen_ = 0;
  std::int64_t oom_at_begin_ = 0;
};

}  // namespace engine::docker::supervisor
