#pragma once

#include <cstddef>
#include <cstdint>

#include "sandbox/init/protocol.h"

// What a worker and the supervisor of a container say to each other, over the container's stdin and
// stdout: one header, then so many bytes. Included by the supervisor, so nothing here needs more
// than a C library. The worker believes nothing: it checks kind, run and size of every frame.
namespace engine::docker::wire {

// Where the supervisor is inside a container.
inline constexpr char kSupervisorDirectory[] = "/execution-engine";
inline constexpr char kSupervisor[] = "/execution-engine/supervisor";

inline constexpr std::size_t kMaxPiece = 64 << 10;  // Of an input or output.

enum class Kind : std::uint32_t {
  // Worker to supervisor.
  kFiles = 1,  // A bundle of sandbox/init/protocol.h, for the next run.
  kRun,        // RunRequest and its strings.
  kInput,      // A piece of stdin; an empty one is its end. Thrown away when nothing runs.

  // Supervisor to worker.
  kReady = 16,  // Nothing of any run is left; the next may come. The run is 0.
  kStarted,     // The limits count from now.
  kStdout,      // A piece.
  kStderr,
  kUsage,  // Usage.
  kEnded,  // Ended. Everything that ran is dead.
  kTaken,  // TakenHead, the name, the content.
  kDone,   // std::int32_t: E2BIG when "**" met more than it may take. The run is over.
};

struct Header {
  Kind kind{};
  std::uint32_t reserved = 0;
  std::uint64_t run = 0;  // The worker's random name for it, which no program can know.
  std::uint64_t bytes = 0;
};

// Followed by `name_bytes` of names to take, each ended by a NUL, and then by a message of the
// native spawner: sandbox::wire::RunRequest with argv and environment.
struct RunRequest {
  std::int64_t cpu_us = 0;
  std::int64_t wall_us = 0;
  std::int64_t output = 0;  // Bytes of stdout and stderr together.
  std::int64_t take_bytes = 0;
  std::uint64_t take_count = 0;  // For take_all.
  std::uint32_t processes = 0;
  std::uint32_t name_bytes = 0;
  std::uint32_t takes_all = 0;
  std::uint32_t observed = 0;  // Whether kUsage is wanted.
};
inline constexpr std::size_t kMaxRun =
    sizeof(RunRequest) + sizeof(sandbox::wire::RunRequest) + 2 * sandbox::wire::kMaxStringBytes;

struct Usage {
  std::int64_t cpu_us = 0;
  std::int64_t wall_us = 0;
  std::int64_t memory_now = 0;
  std::int64_t memory_peak = 0;
  std::int64_t processes = 0;
};

// What the supervisor killed a run for.
enum class Cause : std::uint32_t { kNone, kCpuTime, kWallTime, kMemory, kOutput };

enum class Stage : std::uint32_t {
  kRan,
  kNoFiles,  // The bundle does not fit or is broken: `error`.
  kNoExec,   // The command cannot be executed: `error`.
};

struct Ended {
  Stage stage{};
  Cause cause{};
  std::int32_t error = 0;        // An errno.
  std::int32_t status = 0;       // Of the main process, as waitpid() gives it.
  std::uint32_t has_status = 0;  // Not so where the main process had to be killed.
  std::uint32_t knows_oom = 0;   // Whether oom_kills can be counted here.
  std::int64_t oom_kills = 0;
  std::int64_t wall_us = 0;
  std::int64_t cpu_us = 0;
  std::int64_t memory = 0;
  std::int64_t processes = 0;
  std::int64_t late_us = 0;  // The most that the supervisor woke up after it meant to.
};

struct TakenHead {
  std::uint32_t name_bytes = 0;
  std::uint32_t mode = 0;
  std::int32_t error = 0;  // An errno: not taken, no content.
  std::uint32_t reserved = 0;
};

}  // namespace engine::docker::wire
