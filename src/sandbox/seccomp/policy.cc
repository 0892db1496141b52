#include "sandbox/seccomp/policy.h"

#include <cerrno>
#include <optional>
#include <stdexcept>
#include <string>

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <toml++/toml.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

namespace engine::sandbox::seccomp {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the sandbox knows x86-64 and arm64"
#endif

// Every macro that a rule may name.
const std::map<std::string_view, std::int64_t> kConstants = {
    {"CLONE_NEWNS",       CLONE_NEWNS      },
    {"CLONE_NEWCGROUP",   CLONE_NEWCGROUP  },
    {"CLONE_NEWUTS",      CLONE_NEWUTS     },
    {"CLONE_NEWIPC",      CLONE_NEWIPC     },
    {"CLONE_NEWUSER",     CLONE_NEWUSER    },
    {"CLONE_NEWPID",      CLONE_NEWPID     },
    {"CLONE_NEWNET",      CLONE_NEWNET     },
    {"CLONE_NEWTIME",     CLONE_NEWTIME    },
    {"AF_UNIX",           AF_UNIX          },
    {"TIOCSTI",           TIOCSTI          },
    {"TIOCLINUX",         TIOCLINUX        },
    {"ADDR_NO_RANDOMIZE", ADDR_NO_RANDOMIZE},
    {"MS_SYNC",           MS_SYNC          },
    {"F_SETLK",           F_SETLK          },
    {"F_SETLKW",          F_SETLKW         },
    {"F_OFD_SETLK",       F_OFD_SETLK      },
    {"F_OFD_SETLKW",      F_OFD_SETLKW     },
    {"F_SETLEASE",        F_SETLEASE       },
    {"F_NOTIFY",          F_NOTIFY         },
};

const std::map<std::string_view, std::uint32_t> kAnswers = {
    {"EPERM",        SECCOMP_RET_ERRNO | EPERM       },
    {"ENOSYS",       SECCOMP_RET_ERRNO | ENOSYS      },
    {"EAFNOSUPPORT", SECCOMP_RET_ERRNO | EAFNOSUPPORT},
    {"success",      SECCOMP_RET_ERRNO | 0           },
};

[[noreturn]] void refuse(const toml::node& node, const std::string& what) {
  throw std::runtime_error("line " + std::to_string(node.source().begin.line) + ": " + what);
}

void check_keys(const toml::table& table, const std::vector<std::string_view>& known) {
  for (const auto& [key, value] : table) {
    bool is_known = false;
    for (const std::string_view name : known)
      is_known = is_known || key.str() == name;
    if (!is_known) refuse(value, "unknown key '" + std::string(key.str()) + "'");
  }
}

std::uint32_t constant(const toml::node& node) {
  if (const auto number = node.value_exact<std::int64_t>()) {
    return static_cast<std::uint32_t>(*number);
  }
  const auto name = node.value<std::string>().value_or("");
  const auto known = kConstants.find(name);
  if (known == kConstants.end()) refuse(node, "unknown constant '" + name + "'");
  return static_cast<std::uint32_t>(known->second);
}

Check read_condition(const toml::table& when) {
  Check check;
  const auto argument = when["argument"].value<std::int64_t>();
  if (!argument || *argument < 0 || *argument > 5) refuse(when, "argument: 0 to 5");
  check.argument = static_cast<unsigned>(*argument);
  if (when.size() != 2) refuse(when, "one of bits, is, is_not beside argument");
  for (const auto& [key, node] : when) {
    if (key.str() == "argument") continue;
    if (key.str() == "bits") check.test = Test::kBits;
    if (key.str() == "is") check.test = Test::kIs;
    if (key.str() == "is_not") check.test = Test::kIsNot;
    const toml::array* values = node.as_array();
    if (check.test == Test::kAlways || values == nullptr || values->empty()) {
      refuse(node, "bits, is or is_not with a list");
    }
    for (const toml::node& value : *values)
      check.values.push_back(constant(value));
  }
  return check;
}

Check read_check(const toml::table& rule) {
  check_keys(rule, {"calls", "answer", "when", "life", "strict", "why"});
  if (rule["why"].value_or(std::string()).empty()) refuse(rule, "a rule without its why");
  Check check;
  if (const auto* when = rule["when"].as_table()) {
    check = read_condition(*when);
  } else if (rule.contains("when")) {
    refuse(rule, "when: a table");
  }
  const auto answer = rule["answer"].value_or(std::string());
  const auto known = kAnswers.find(answer);
  if (known == kAnswers.end()) refuse(rule, "unknown answer '" + answer + "'");
  check.answer = known->second;
  return check;
}

// Negative for a call that only other architectures have.
int resolve(const toml::node& node, const toml::table* numbers) {
  const auto name = node.value<std::string>().value_or("");
  const int resolved = seccomp_syscall_resolve_name(name.c_str());
  if (resolved != __NR_SCMP_ERROR) return resolved;
  const auto number = numbers ? (*numbers)[name].value<std::int64_t>() : std::nullopt;
  if (!number) refuse(node, "unknown call '" + name + "'; give its number in [numbers]");
  return static_cast<int>(*number);
}

void add_rule(const toml::table& rule, const toml::table* numbers, bool is_keyed, Policy& policy) {
  const Check check = read_check(rule);
  const toml::array* calls = rule["calls"].as_array();
  if (calls == nullptr || calls->empty()) refuse(rule, "a rule without calls");
  for (const toml::node& call : *calls) {
    const int number = resolve(call, numbers);
    if (number < 0) continue;
    if (static_cast<std::uint32_t>(number) > policy.newest) refuse(call, "newer than 'newest'");
    auto& checks = policy.calls[static_cast<std::uint32_t>(number)];
    if (!checks.empty() && checks.back().test == Test::kAlways) {
      refuse(call, "an earlier rule denies this call already");
    }
    if (!checks.empty() && policy.keyed.contains(static_cast<std::uint32_t>(number)) != is_keyed) {
      refuse(call, "an earlier rule of this call says otherwise about 'life'");
    }
    checks.push_back(check);
    if (is_keyed) policy.keyed.insert(static_cast<std::uint32_t>(number));
  }
}

bool holds(const Check& check, std::uint32_t value) {
  bool any = false;
  for (const std::uint32_t wanted : check.values) {
    any = any || (check.test == Test::kBits ? (value & wanted) != 0 : value == wanted);
  }
  return check.test == Test::kAlways || any != (check.test == Test::kIsNot);
}

}  // namespace

Policy read_policy(std::string_view rules, bool strict, std::optional<std::uint64_t> key) {
  const toml::table file = toml::parse(rules);
  check_keys(file, {"newest", "numbers", "deny"});
  Policy policy;
  policy.architecture = kArchitecture;
  const auto newest = file["newest"].value<std::int64_t>();
  if (!newest || *newest < 424 || *newest > 1023) refuse(file, "newest: 424 to 1023");
  policy.newest = static_cast<std::uint32_t>(*newest);
  policy.key = key.value_or(0);
  const toml::array* denied = file["deny"].as_array();
  if (denied == nullptr) refuse(file, "no [[deny]]");
  for (const toml::node& node : *denied) {
    const toml::table* rule = node.as_table();
    if (rule == nullptr) refuse(node, "deny: tables");
    if ((*rule)["strict"].value_or(false) && !strict) continue;
    const bool is_keyed = key && (*rule)["life"].value_or(false);
    add_rule(*rule, file["numbers"].as_table(), is_keyed, policy);
  }
  return policy;
}

std::uint32_t decide(const Policy& policy, std::uint32_t architecture, std::uint32_t number,
                     const std::uint64_t (&arguments)[6]) {
  if (architecture != policy.architecture) return SECCOMP_RET_KILL_PROCESS;
  if (number > policy.newest) return SECCOMP_RET_ERRNO | ENOSYS;
  const auto known = policy.calls.find(number);
  if (known == policy.calls.end()) return SECCOMP_RET_ALLOW;
  if (policy.keyed.contains(number) && arguments[kKeyArgument] == policy.key) {
    return SECCOMP_RET_ALLOW;
  }
  for (const Check& check : known->second) {
    if (holds(check, static_cast<std::uint32_t>(arguments[check.argument]))) return check.answer;
  }
  return SECCOMP_RET_ALLOW;
}

}  // namespace engine::sandbox::seccomp
