#pragma once

#include "base/units.h"

namespace engine {

// Compilers that are kept running, of each language that has such.
struct WarmCompilerOptions {
  int processes = 1;   // Of one language; 0: each compile is plain. One more while it is replaced.
  int compiles = 500;  // Those that one does before it is replaced.
  Bytes memory = 512_MiB;        // Of one; a compile that was given less is plain.
  Milliseconds idle{600'000};    // Nobody asked for one so long: it ends.
  Milliseconds patience{250};    // A compile waits so long for one that is busy, then it is plain.
  Milliseconds life{3'600'000};  // Of one, however busy.
  int rounds = 10;               // What each compiles of its own samples before it is ready.
};

}  // namespace engine
