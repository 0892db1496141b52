#pragma once

#include <memory>
#include <string>
#include <vector>

#include "domain/submission.h"
#include "language/language.h"
#include "sandbox/boxes.h"

namespace engine {

// What a submission comes to in its language: the commands, and the files that each of them finds.
struct Plan {
  std::string image;
  std::vector<std::string> environment;  // No name twice.

  std::vector<std::string> compile;        // Empty: nothing is compiled.
  std::vector<std::string> run;            // The submission's arguments included.
  std::vector<std::string> quick_compile;  // Empty: there is no quicker attempt at the compile.
  std::vector<std::string> precompile;     // Empty: no headers are compiled ahead for it.
  std::vector<std::string> units;          // The sources that the compiler is given.
  std::vector<std::string> check;          // Empty: what does not parse is a failed run.

  std::shared_ptr<const sandbox::FileSet> sources;  // All that the client handed in.
  std::vector<sandbox::File> kept;                  // What the runs see of it after a compile.

  sandbox::RunLimits compile_limits;
  sandbox::RunLimits run_limits;
};

// A lone file is renamed where the language goes by its own names: Java's public class decides, and
// a name that is no source of the language ("program.txt") becomes Language::source.
Plan make_plan(const Submission& submission, const Language& language);

// The version command as it runs in a box, with the limits of a short run.
sandbox::RunSpec version_spec(const Language& language);

}  // namespace engine
