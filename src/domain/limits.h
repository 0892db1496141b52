#pragma once

#include <optional>

#include "base/result.h"
#include "base/units.h"

namespace engine {

// What one run may use. Every field has a bound: nothing here means "unlimited".
struct Limits {
  Milliseconds cpu_time{2'000};    // Summed over all processes of the run.
  Milliseconds wall_time{10'000};  // From exec to the end of the main process.
  Bytes memory = 256_MiB;          // All processes together, tmpfs included; no swap.
  Bytes stack = 64_MiB;            // RLIMIT_STACK of each process.
  int processes = 64;              // Tasks at once: processes and threads.
  Bytes output = 1_MiB;            // stdout and stderr together; past it the run is ended.
  Bytes file = 16_MiB;             // One file; past it a write fails with EFBIG or SIGXFSZ.
  Bytes disk = 64_MiB;             // The whole work directory, /tmp and /dev/shm; then ENOSPC.
  int files = 1'000;               // Files and directories of those; then ENOSPC.

  bool operator==(const Limits&) const = default;
};

// What a client, or a language's definition, asks for: only what is set counts.
struct LimitsRequest {
  std::optional<Milliseconds> cpu_time;
  std::optional<Milliseconds> wall_time;
  std::optional<Bytes> memory;
  std::optional<Bytes> stack;
  std::optional<int> processes;
  std::optional<Bytes> output;
  std::optional<Bytes> file;
  std::optional<Bytes> disk;
  std::optional<int> files;
};

// `base` with every set field of `request` put in its place. A stack that the request does not set
// becomes at most half the memory, so that a small memory limit is not all stack.
Limits overlay(const Limits& base, const LimitsRequest& request);

// overlay(), if every field of the request is above zero and within the operator's ceiling; else
// kInvalid, whose field is `prefix` and the first wrong member ("limits.cpuTimeMs"), and whose
// message says the ceiling. Nothing is clamped silently.
Result<Limits> admit(const Limits& base, const LimitsRequest& request, const Limits& ceiling,
                     const std::string& prefix);

}  // namespace engine
