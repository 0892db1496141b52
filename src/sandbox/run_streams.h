#pragma once

#include <array>

#include "base/fd.h"
#include "base/result.h"

namespace engine::sandbox {

struct Pipe {
  Fd read_end;   // Ours; never blocks.
  Fd write_end;  // The program's; an ordinary one.
};

// What a run's standard descriptors lead to. Of one run only, as programs can leave traces in them;
// but it can be opened ahead, while nobody waits for it.
struct RunStreams {
  Fd no_input;                  // /dev/null.
  std::array<Pipe, 2> outputs;  // By Stream.

  // kUnavailable: no descriptor left.
  static Result<RunStreams> open();
};

}  // namespace engine::sandbox
