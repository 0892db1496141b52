#include "runner/findings.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <iterator>
#include <system_error>

namespace engine {
namespace {

using sandbox::End;

constexpr int kMissing = 127;
constexpr int kNotExecutable = 126;

// What compilers, and the C library's messages in them, say of too little memory, of a disk, and of
// parts of theirs that were killed, crashed or are missing. A missing header is among them.
constexpr std::string_view kHostsFaults[] = {"killed",
                                             "sigkill",
                                             "segmentation fault",
                                             "bus error",
                                             "internal compiler error",
                                             "out of memory",
                                             "outofmemory",
                                             "cannot allocate memory",
                                             "memory allocation of",
                                             "memory exhausted",
                                             "insufficient memory",
                                             "unable to create native thread",
                                             "resource temporarily unavailable",
                                             "no space left on device",
                                             "disk quota exceeded",
                                             "input/output error",
                                             "read-only file system",
                                             "too many open files",
                                             "no such file or directory",
                                             "permission denied",
                                             "cannot execute",
                                             "text file busy"};

Finding judge_start(int start_errno) {
  return {.verdict = Verdict::kRuntimeError,
          .exit_code = start_errno == ENOENT ? kMissing : kNotExecutable};
}

}  // namespace

Finding judge(const sandbox::RunReport& report) {
  Finding finding{.exit_code = report.exit_code, .signal = report.signal};
  switch (report.end) {
    case End::kExited:
      finding.verdict = report.exit_code == 0 ? Verdict::kAccepted : Verdict::kRuntimeError;
      break;
    case End::kSignaled: finding.verdict = Verdict::kRuntimeError; break;
    case End::kCpuTime:
      finding.verdict = Verdict::kTimeLimit;
      finding.time_limit = TimeLimit::kCpu;
      break;
    case End::kWallTime:
      finding.verdict = Verdict::kTimeLimit;
      finding.time_limit = TimeLimit::kWall;
      break;
    case End::kMemory: finding.verdict = Verdict::kMemoryLimit; break;
    case End::kOutput: finding.verdict = Verdict::kOutputLimit; break;
    case End::kStopped: break;
    case End::kCannotStart: return judge_start(report.start_errno);
  }
  return finding;
}

std::string limit_note(const Finding& finding) {
  const auto note = [](std::string_view limit) {
    return "The compiler was stopped: it passed its " + std::string(limit) + " limit.\n";
  };
  switch (finding.verdict) {
    case Verdict::kTimeLimit:
      return note(finding.time_limit == TimeLimit::kCpu ? "CPU time" : "wall time");
    case Verdict::kMemoryLimit: return note("memory");
    case Verdict::kOutputLimit: return note("output");
    default: return {};
  }
}

bool may_blame_host(std::string_view log) {
  std::string text(log);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::any_of(std::begin(kHostsFaults), std::end(kHostsFaults),
                     [&](std::string_view fault) { return text.find(fault) != std::string::npos; });
}

Usage usage_of(const sandbox::RunReport& report) {
  return {.cpu_time = report.cpu_time,
          .wall_time = report.wall_time,
          .memory = report.memory,
          .processes = report.processes};
}

std::string start_failure(const sandbox::RunReport& report, const std::string& program) {
  if (report.end != End::kCannotStart) return {};
  return "cannot start " + program + ": " + std::generic_category().message(report.start_errno);
}

bool host_lacks_program(const sandbox::RunReport& report, const std::string& program) {
  const bool ours = !program.starts_with(std::string(sandbox::kWorkDirectory) + "/");
  const bool absent = report.start_errno == ENOENT || report.start_errno == EACCES ||
                      report.start_errno == ENOEXEC || report.start_errno == ENOTDIR;
  return report.end == End::kCannotStart && ours && absent;
}

}  // namespace engine
