#include "engine/job_log.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "engine/fleet.h"

namespace engine {
namespace {

constexpr std::size_t kMostRuns = 10;

// "accepted, 12 ms CPU, 14 ms, 3.4 MiB"
std::string line_of(Verdict verdict, const Usage& usage) {
  using MillisecondsRounded = std::chrono::duration<double, std::milli>;
  char figures[96];
  (void)std::snprintf(figures, sizeof(figures), ", %.0f ms CPU, %.0f ms, %.1f MiB",
                      MillisecondsRounded(usage.cpu_time).count(),
                      MillisecondsRounded(usage.wall_time).count(),
                      static_cast<double>(usage.memory.count) / (1 << 20));
  return std::string(to_string(verdict)) + figures;
}

}  // namespace

JobLog::JobLog(Queue& queue, const EngineOptions& options)
    : queue_(queue), options_(options), worker_(options.worker + " on " + host_name()) {}

void JobLog::begun(const Run& run, int attempt) const {
  note(run, "attempt " + std::to_string(attempt) + ", by worker " + worker_);
}

void JobLog::ended(const Run& run, const Outcome& outcome) const {
  if (outcome.compile) {
    note(run, "compile: " + line_of(outcome.compile->verdict, outcome.compile->usage));
  }
  const std::size_t count = outcome.runs.size();
  const std::string of = " of " + std::to_string(count) + ": ";
  for (std::size_t i = 0; i < std::min(count, kMostRuns); ++i) {
    note(run, "test " + std::to_string(i + 1) + of +
                  line_of(outcome.runs[i].verdict, outcome.runs[i].usage));
  }
  if (count > kMostRuns) note(run, "and " + std::to_string(count - kMostRuns) + " more tests");
  const std::string reason = outcome.reason.empty() ? "" : ": " + outcome.reason;
  note(run, "finished: " + std::string(to_string(outcome.verdict)) + reason);
}

void JobLog::note(const Run& run, const std::string& line) const {
  if (options_.shared) queue_.log(run.ticket(), line);
}

}  // namespace engine
