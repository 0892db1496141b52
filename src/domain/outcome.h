#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace engine {

// How foreign code ended. All of these are answers; none is an error of ours but kInternalError.
enum class Verdict {
  kAccepted,
  kWrongAnswer,
  kRuntimeError,
  kTimeLimit,
  kMemoryLimit,
  kOutputLimit,
  kCompileError,   // Of a submission only, never of a run.
  kInternalError,  // The host failed after its last attempt; says nothing about the program.
};
std::string_view to_string(Verdict verdict);  // The word of the API: "wrong_answer".
std::optional<Verdict> verdict_from(std::string_view word);

enum class TimeLimit { kNone, kCpu, kWall };  // Which clock ran out.

struct Usage {
  Microseconds cpu_time{0};   // All processes, orphans included, user and system.
  Microseconds wall_time{0};  // From exec to the end of the main process.
  Bytes memory;               // Peak of all processes together.
  int processes = 0;          // Peak of tasks at once.
  bool operator==(const Usage&) const = default;
};

// A stream as the answer shows it. The whole of it, up to the output limit, is an object in Output.
struct Text {
  std::string head;        // The first kInlineBytes at most; any bytes, not always UTF-8.
  Bytes size;              // Of all that was kept.
  bool truncated = false;  // The program wrote more than was kept.
  std::string object;      // Its name in Output; empty when `head` is all of it.
  bool operator==(const Text&) const = default;
};
inline constexpr Bytes kInlineBytes = 64_KiB;

// A file that the client asked for and the run left behind.
struct OutputFile {
  std::string name;
  Bytes size;
  std::string object;   // Empty: it could not be taken, and `problem` says why.
  std::string problem;  // "not a regular file", "missing", "above the limit".
  bool operator==(const OutputFile&) const = default;
};

struct RunOutcome {
  std::string test;  // Its name; empty for a lone stdin.
  Verdict verdict = Verdict::kInternalError;
  int exit_code = 0;  // Meaningful when signal is 0.
  int signal = 0;
  TimeLimit time_limit = TimeLimit::kNone;
  Text stdout_text;
  Text stderr_text;
  std::vector<OutputFile> files;
  Usage usage;
  bool repeated = false;  // A wall overrun while the host stalled; this is the second try.
  bool operator==(const RunOutcome&) const = default;
};

struct CompileOutcome {
  Verdict verdict = Verdict::kInternalError;  // kRuntimeError: the compiler refused the source.
  int exit_code = 0;
  int signal = 0;
  TimeLimit time_limit = TimeLimit::kNone;
  Text output;  // What the compiler said, stdout and stderr together.
  Usage usage;
  bool cached = false;
  bool operator==(const CompileOutcome&) const = default;
};

// Where a submission's time went.
struct Phases {
  Microseconds queued{0};
  Microseconds preparing{0};
  Microseconds compiling{0};
  Microseconds running{0};
  bool operator==(const Phases&) const = default;
};

struct Outcome {
  Verdict verdict = Verdict::kInternalError;
  std::string reason;  // For kInternalError: what the host could not do.
  std::string language_version;
  std::optional<CompileOutcome> compile;  // Absent where the language compiles nothing.
  std::vector<RunOutcome> runs;           // In test order; may stop early.
  Phases phases;
  std::string log_object;  // Both streams as they were read; the compiler's text after an error.
  bool operator==(const Outcome&) const = default;
};

// That of the first run in test order that is not accepted, else kAccepted; kCompileError when the
// compile did not end well.
Verdict verdict_of(const std::optional<CompileOutcome>& compile,
                   const std::vector<RunOutcome>& runs);

// True when both are the same but for blanks at line ends and blank lines at the end.
bool same_output(std::string_view actual, std::string_view expected);

enum class State { kQueued, kRunning, kFinished, kCancelled };
std::string_view to_string(State state);
std::optional<State> state_from(std::string_view word);

constexpr bool is_final(State state) {
  return state == State::kFinished || state == State::kCancelled;
}

// The whole life of a submission. A final state has no way out.
constexpr bool may_become(State from, State to) {
  switch (from) {
    case State::kQueued: return to == State::kRunning || to == State::kCancelled;
    case State::kRunning: return to != State::kRunning;  // kQueued again: its worker was lost.
    case State::kFinished:
    case State::kCancelled: return false;
  }
  return false;
}
static_assert(!may_become(State::kFinished, State::kRunning));

}  // namespace engine
