#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

namespace engine::sandbox::seccomp {

// What is asked of the argument of a call; its low 32 bits, which is all that the kernel reads of
// an int.
enum class Test { kAlways, kBits, kIs, kIsNot };

struct Check {
  Test test = Test::kAlways;
  unsigned argument = 0;
  std::vector<std::uint32_t> values;
  std::uint32_t answer = 0;  // The filter's return value when the test holds.

  bool operator==(const Check&) const = default;
};

// The rules of one profile, in the kernel's numbers.
struct Policy {
  std::uint32_t architecture = 0;                     // AUDIT_ARCH_*
  std::uint32_t newest = 0;                           // Calls above it do not exist.
  std::map<std::uint32_t, std::vector<Check>> calls;  // Asked in order; the first that holds wins.
  // These are allowed, whatever their checks say, where all of the sixth argument is the key.
  std::set<std::uint32_t> keyed;
  std::uint64_t key = 0;
};

// The argument that is the key, counted from 0. No call that is keyed has it.
inline constexpr unsigned kKeyArgument = 5;

// Reads the rules (the text of rules.toml) for the machine that this is compiled for; with a key
// the calls of a life are keyed. Throws std::runtime_error with a sentence that names the line.
Policy read_policy(std::string_view rules, bool strict, std::optional<std::uint64_t> key = {});

// What the policy says to one call; the filter program must say the same.
std::uint32_t decide(const Policy& policy, std::uint32_t architecture, std::uint32_t number,
                     const std::uint64_t (&arguments)[6]);

}  // namespace engine::sandbox::seccomp
