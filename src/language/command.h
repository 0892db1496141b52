#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "language/language.h"

namespace engine {

// What the placeholders of a language's commands stand for:
//   {program}     the first of Language::programs
//   {entry}       the entry file
//   {stem}        the entry without its extension
//   {sources}     every source file, the entry first; only as an argument of its own
//   {options}     the defaults that were not replaced, then the submission's; likewise
//   {class}       Java's main class
//   {memory_mib}  the memory limit less Language::memory_reserve, at least half of the limit
struct CommandInputs {
  std::string_view entry;
  std::vector<std::string> sources;  // All names that are sources, in any order.
  std::vector<std::string> options;
  std::string_view main_class;
  Bytes memory;
};

// `command` with every placeholder filled in. command_fault() found nothing wrong with it.
std::vector<std::string> expand(const Language& language, const std::vector<std::string>& command,
                                const CommandInputs& inputs);

// What is wrong with a command's placeholders, as a sentence's end; empty: nothing.
std::string command_fault(const Language& language, const std::vector<std::string>& command);

}  // namespace engine
