#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/units.h"
#include "domain/limits.h"

namespace engine {

using SubmissionId = Id<struct SubmissionTag>;  // A random UUID; see base/random.h.
using OwnerId = Id<struct OwnerTag>;            // Whose token it was; empty without tokens.

// One file that a client handed in. `name` is a relative path inside the work directory.
struct SourceFile {
  std::string name;
  std::string content;
  bool operator==(const SourceFile&) const = default;
};

// One stdin, optionally with the output that it ought to give.
struct Test {
  std::string name;
  std::string input;
  std::optional<std::string> expected_output;
  bool operator==(const Test&) const = default;
};

// What a client hands in, complete and admitted: defaults are filled in, limits are checked.
struct Submission {
  SubmissionId id;
  OwnerId owner;
  std::string language;
  std::vector<std::string> options;  // Compiler options, each on the language's allow-list.
  std::vector<SourceFile> files;     // At least one.
  std::string entry;                 // The name of the file among them that is compiled or run.
  std::vector<std::string> args;
  std::vector<Test> tests;  // At least one; a lone stdin is one test without a name.
  std::vector<std::string> output_files;
  int priority = 0;              // Higher goes first; 0 is usual.
  Milliseconds delay{0};         // Not taken before this much after it was accepted.
  bool stop_on_failure = false;  // No test after the first one that is not accepted is run.
  bool warm = true;              // An interpreter or a compiler that has started may serve it.
  Limits limits;
  Limits compile_limits;
  bool cache = true;  // An earlier compile of the same may be taken, and this one be kept.

  bool operator==(const Submission&) const = default;
};

}  // namespace engine
