#include "engine/gauges.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace engine {
namespace {

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t size = 0;
  std::int64_t resident = 0;
  statm >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  std::error_code error;
  std::int64_t count = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end;
       it.increment(error)) {
    ++count;
  }
  return static_cast<double>(count - 1);  // Less the one that reads the directory.
}

// What goes out next may be young, while what has a low priority waits without end. Looks at those
// that were accepted first; where all of them are delayed or under way, at the ones after them.
double longest_wait(Store& store, WallTime now) {
  constexpr int kPages = 10;
  constexpr int kPage = 1'000;
  WallTime oldest = now;
  SubmissionId after;
  for (int pages = 0; pages < kPages && oldest == now; ++pages) {
    const auto page = store.unfinished(after, kPage);
    if (!page) break;
    for (const Unfinished& one : *page)
      if (one.state == State::kQueued) oldest = std::min(oldest, one.due);
    if (page->size() < static_cast<std::size_t>(kPage)) break;
    after = page->back().id;
  }
  return std::chrono::duration<double>(now - oldest).count();
}

}  // namespace

void add_gauges(const Engine::Ports& ports, const std::shared_ptr<const Runs>& runs, int slots) {
  Metrics& metrics = ports.metrics;
  Queue& queue = ports.queue;
  Store& store = ports.store;
  metrics.gauge("execution_engine_queue_waiting", "Submissions that a worker may take now.",
                [&queue] { return static_cast<double>(queue.counts().waiting); });
  metrics.gauge("execution_engine_queue_delayed", "Submissions whose delay has not passed.",
                [&queue] { return static_cast<double>(queue.counts().delayed); });
  metrics.gauge("execution_engine_queue_leased", "Submissions that workers hold.",
                [&queue] { return static_cast<double>(queue.counts().leased); });
  metrics.gauge("execution_engine_queue_next_seconds", "Age of what goes out next.", [&queue] {
    const auto next = queue.counts().oldest;
    return next ? std::chrono::duration<double>(*next).count() : 0.0;
  });
  metrics.gauge("execution_engine_queue_oldest_seconds",
                "For how long what waits longest might have been taken.",
                [&store, &clock = ports.clock] { return longest_wait(store, clock.wall()); });
  metrics.gauge("execution_engine_slots", "Worker threads of this process.",
                [slots] { return static_cast<double>(slots); });
  metrics.gauge("execution_engine_runs", "Submissions that this process is working on.",
                [runs] { return static_cast<double>(runs->size()); });
  metrics.gauge("execution_engine_stored_bytes", "Rows and outputs that are kept.", [&store] {
    const auto counts = store.counts();
    return counts ? static_cast<double>(counts->stored.count) : 0.0;
  });
  metrics.gauge("process_resident_memory_bytes", "Resident memory of the engine's process.",
                resident_bytes);
  metrics.gauge("process_open_fds", "Open file descriptors of the engine's process.",
                open_descriptors);
}

}  // namespace engine
