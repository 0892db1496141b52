#pragma once

#include "base/units.h"
#include "sandbox/boxes.h"

namespace engine {

// How a compiler is spared work; verdict, diagnostics and what the program does are the same.
enum class CompileMode {
  kPlain,  // It is not.
  kExact,  // Headers are compiled ahead, and a quick linker links; what the compiler makes of a
           // source is the same to the byte.
  kFast,   // So are the templates that headers leave to the source; the program does the same.
};

struct QuickOptions {
  CompileMode mode = CompileMode::kFast;
  Bytes disk = 1_GiB;  // What headers that were compiled ahead may take.

  // Sources that must have begun with the same headers before those are compiled ahead; all of the
  // standard library at once, bits/stdc++.h, is with the first.
  int sources = 3;

  // How much longer than it took of a processor the making of headers pauses: who sends sources
  // that all begin differently gets no more than a quarter of a processor for it.
  int rest = 3;

  sandbox::RunLimits limits;  // Of compiling headers.
};

}  // namespace engine
