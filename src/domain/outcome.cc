#include "domain/outcome.h"

#include <array>
#include <utility>

namespace engine {
namespace {

constexpr std::array<std::pair<Verdict, std::string_view>, 8> kVerdicts{
    {
     {Verdict::kAccepted, "accepted"},
     {Verdict::kWrongAnswer, "wrong_answer"},
     {Verdict::kRuntimeError, "runtime_error"},
     {Verdict::kTimeLimit, "time_limit"},
     {Verdict::kMemoryLimit, "memory_limit"},
     {Verdict::kOutputLimit, "output_limit"},
     {Verdict::kCompileError, "compile_error"},
     {Verdict::kInternalError, "internal_error"},
     }
};

constexpr std::array<std::pair<State, std::string_view>, 4> kStates{
    {
     {State::kQueued, "queued"},
     {State::kRunning, "running"},
     {State::kFinished, "finished"},
     {State::kCancelled, "cancelled"},
     }
};

template <typename Table, typename Value>
std::string_view word_of(const Table& table, Value value) {
  for (const auto& [known, word] : table) {
    if (known == value) return word;
  }
  return "unknown";
}

template <typename Value, std::size_t N>
std::optional<Value> value_of(const std::array<std::pair<Value, std::string_view>, N>& table,
                              std::string_view word) {
  for (const auto& [value, known] : table) {
    if (known == word) return value;
  }
  return std::nullopt;
}

constexpr std::string_view kBlanks = " \t\r\v\f";

// Takes the next line off `text`, without its end and without trailing blanks.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  const std::size_t last = line.find_last_not_of(kBlanks);
  return line.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::string_view without_trailing_blank_lines(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\v\f\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  return word_of(kVerdicts, verdict);
}

std::optional<Verdict> verdict_from(std::string_view word) {
  return value_of(kVerdicts, word);
}

std::string_view to_string(State state) {
  return word_of(kStates, state);
}

std::optional<State> state_from(std::string_view word) {
  return value_of(kStates, word);
}

Verdict verdict_of(const std::optional<CompileOutcome>& compile,
                   const std::vector<RunOutcome>& runs) {
  if (compile && compile->verdict != Verdict::kAccepted) return Verdict::kCompileError;
  for (const RunOutcome& run : runs) {
    if (run.verdict != Verdict::kAccepted) return run.verdict;
  }
  return Verdict::kAccepted;
}

bool same_output(std::string_view actual, std::string_view expected) {
  actual = without_trailing_blank_lines(actual);
  expected = without_trailing_blank_lines(expected);
  while (!actual.empty() || !expected.empty()) {
    if (actual.empty() != expected.empty()) return false;
    if (take_line(actual) != take_line(expected)) return false;
  }
  return true;
}

}  // namespace engine
