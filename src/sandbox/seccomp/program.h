#pragma once

#include <cstdint>
#include <vector>

#include <linux/filter.h>

#include "sandbox/seccomp/policy.h"

namespace engine::sandbox::seccomp {

// The policy as a program for the kernel's classic BPF: a binary search for the call's number, so
// that allowed calls cost few steps and the whole installs fast. libseccomp is used for the names
// only: it can neither close the numbers above the newest call, nor compare 32 bits with several
// values. Throws std::runtime_error when a jump would be too far.
std::vector<sock_filter> assemble(const Policy& policy);

// What the kernel would return for one call. The oracle of verify(), not of the assembler.
std::uint32_t interpret(const std::vector<sock_filter>& program, std::uint32_t architecture,
                        std::uint32_t number, const std::uint64_t (&arguments)[6]);

// Runs the program on every call number and on the values at which any rule changes its mind, and
// throws std::runtime_error where it and the policy disagree.
void verify(const Policy& policy, const std::vector<sock_filter>& program);

}  // namespace engine::sandbox::seccomp
