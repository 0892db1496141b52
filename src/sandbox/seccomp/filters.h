#pragma once

#include <linux/filter.h>

namespace engine::sandbox {

// The filter can be installed in two parts, which together deny what the whole does: to install is
// dear, by its length, and what the mother of a box has installed all of its lives inherit.
enum class FilterPart {
  kWhole,
  kOfBox,  // The rules that a box's mother can live with.
  kOfRun,  // The others, few: those of the calls that making a life takes.
};

// A seccomp program, compiled from rules.toml when the engine is built. Static data; needs no more
// than a C library, as a box's mother and spawner have no more.
struct SeccompFilter {
  const sock_filter* rules;
  unsigned short count;
};

SeccompFilter default_filter(FilterPart part = FilterPart::kWhole);
// For judges: also no locks, leases and notices on shared files.
SeccompFilter strict_filter(FilterPart part = FilterPart::kWhole);

}  // namespace engine::sandbox
