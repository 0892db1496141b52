#pragma once

#include <cstdint>

#include "sandbox/init/frozen.h"

namespace engine::sandbox::freezer {

// What an interpreter does at its end, once the program, its threads and its exit handlers are
// done and what they wrote is flushed, is to end each object that is left, module by module. For
// almost all programs nothing of that can be seen: memory comes free that the process is about to
// give back anyhow. It takes longer than a short program does, and copies most of the pages that
// runs share.
//
// These have an interpreter leave that out when each object that the program has made is of a kind
// that ends in silence (python_types.h), and nothing else that it has set up could tell: no hook
// for audits or traces, nothing of the collector's settings changed, standard output and error
// those that the interpreter started with. Otherwise it ends as ever.

// When all is imported. True: it was understood, and plan_end() is to follow.
bool understand_end(void* modules, const void* interpreter);

// Last, when what the collector knew is hidden. From here on the interpreter's code is changed; it
// does what it did before except where it is said above.
void plan_end();

// In a thawed process: which pages it is going to change if it ends as ever after all. They are
// copied at once then, as those are that every run changes.
void expect_full_end(const wire::HotPages* pages, std::uint64_t count);

}  // namespace engine::sandbox::freezer
