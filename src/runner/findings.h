#pragma once

#include <optional>
#include <string>

#include "domain/outcome.h"
#include "sandbox/boxes.h"

namespace engine {

// How the answer words what a box reported.
struct Finding {
  Verdict verdict = Verdict::kInternalError;
  int exit_code = 0;
  int signal = 0;
  TimeLimit time_limit = TimeLimit::kNone;
};

// Without regard to what was printed. A command that cannot be executed is a runtime error with
// the shell's codes: 127 where it is missing, else 126. Never of a stopped run.
Finding judge(const sandbox::RunReport& report);

// What the answer adds to a compiler's text when a limit ended it, as the compiler could not say it
// itself: "The compiler was stopped: it passed its memory limit.\n". Empty for all other ends.
std::string limit_note(const Finding& finding);

Usage usage_of(const sandbox::RunReport& report);

// What a command that could not be started says for itself: "cannot start /box/main: Exec format
// error". Empty for all others.
std::string start_failure(const sandbox::RunReport& report, const std::string& program);

// True when the command could not be started and that is the host's fault: it is the language's own
// program, not one that the client's source became.
// Whether what a compiler says when it refuses may be about this host, whose memory, disk or files
// failed it, rather than about its source. Errs on the side of the source.
bool may_blame_host(std::string_view log);

bool host_lacks_program(const sandbox::RunReport& report, const std::string& program);

}  // namespace engine
