#pragma once

#include <cstddef>
#include <cstdint>

#include <linux/filter.h>

namespace engine::sandbox {

// A seccomp program, compiled from rules.toml when the engine is built. Static data; needs no more
// than a C library, as a box's mother has no more.
struct SeccompFilter {
  const sock_filter* rules;
  unsigned short count;
};

SeccompFilter default_filter();
// For judges: also no locks, leases and notices on shared files.
SeccompFilter strict_filter();

// The same but for the calls that making a life of a box takes: they pass with a key as their sixth
// argument, which the kernel does not look at. So a mother can have the whole of it installed once,
// for all of her lives to inherit: to install it anew in each would be a twentieth of its price.
struct KeyedFilter {
  SeccompFilter form;  // Of no use as it is: its key is no secret.
  // Where it compares the low and the high half of the key.
  const unsigned short* low;
  const unsigned short* high;
  unsigned short places;  // Of each.
};

KeyedFilter default_keyed_filter();
KeyedFilter strict_keyed_filter();

inline constexpr std::size_t kMostRules = 256;

// The filter with this key, written into `room`, which has place for kMostRules and outlives it.
inline SeccompFilter with_key(const KeyedFilter& filter, std::uint64_t key, sock_filter* room) {
  for (unsigned short i = 0; i < filter.form.count; ++i)
    room[i] = filter.form.rules[i];
  for (unsigned short i = 0; i < filter.places; ++i) {
    room[filter.low[i]].k = static_cast<std::uint32_t>(key);
    room[filter.high[i]].k = static_cast<std::uint32_t>(key >> 32);
  }
  return {room, filter.form.count};
}

}  // namespace engine::sandbox
