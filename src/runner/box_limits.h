#pragma once

#include "domain/limits.h"
#include "sandbox/boxes.h"

namespace engine {

// The limits of a run as boxes take them, which know nothing of submissions.
inline sandbox::RunLimits box_limits(const Limits& limits) {
  return {.cpu_time = limits.cpu_time,
          .wall_time = limits.wall_time,
          .memory = limits.memory,
          .stack = limits.stack,
          .processes = limits.processes,
          .output = limits.output,
          .file = limits.file,
          .disk = limits.disk,
          .files = limits.files};
}

}  // namespace engine
