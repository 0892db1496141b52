#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

// What a worker and the two programs inside a box say to each other, over SEQPACKET sockets: one
// message, one record. Included by the init program, so nothing here needs more than a C library.
// A worker believes nothing that comes out of a box: it checks every reply for length and range.
namespace engine::sandbox::wire {

// The descriptors that the mother is started with.
inline constexpr int kControlFd = 3;  // To the worker.
inline constexpr int kCgroupFd = 4;   // The box's cgroup v2 directory; not there on pure v1.

// The user that foreign code is, and where its writable file system has its parts.
inline constexpr unsigned kUser = 1000;
inline constexpr char kScratch[] = "/run/box";
inline constexpr char kWork[] = "/box";

inline constexpr std::size_t kMaxStrings = 4'096;          // argv and environment together.
inline constexpr std::size_t kMaxStringBytes = 128 << 10;  // Likewise, with their NULs.
inline constexpr std::size_t kMaxName = 1'024;             // Of a file, below the work directory.
inline constexpr std::size_t kMaxDepth = 32;               // Of directories that "**" looks into.
inline constexpr std::size_t kMaxIndex = 1 << 20;          // Of a bundle's index, in bytes.

// A relative name without tricks: no empty, "." or ".." part, no NUL, no "/" at either end.
constexpr bool is_plain_name(const char* name, std::size_t length) {
  if (length == 0 || length > kMaxName) return false;
  std::size_t part = 0;
  for (std::size_t i = 0; i <= length; ++i) {
    if (i < length && name[i] == '\0') return false;
    if (i < length && name[i] != '/') continue;
    const std::size_t size = i - part;
    const bool dots = (size == 1 && name[part] == '.') ||
                      (size == 2 && name[part] == '.' && name[part + 1] == '.');
    if (size == 0 || size > 255 || dots) return false;
    part = i + 1;
  }
  return true;
}

// The size of the writable file system.
struct ScratchSize {
  std::int64_t bytes = 0;
  std::int64_t inodes = 0;
};

// --- Control: worker to mother ---------------------------------------------------------------

enum class Order : std::uint32_t {
  // Kills what lives in the box, waits until all of it is dead, and begins another life. Answer:
  // kReady. The first such order brings a descriptor: the run socket of all spawners, one after
  // another. Were a new one to come with each, the kernel would look for lost sockets at every
  // close of another while one is on its way.
  kBegin = 1,
  kReset,      // Makes all that a run may have touched anew. Answer: kReady.
  kConfigure,  // Sets the size of the writable file system. Answer: kConfigured.
  kKill,       // Pure v1: kills the spawner and all below it. Answer: kDead, once all are.
  kTake,       // Opens files of the work directory. Answers: kFile, kProblem..., kTakeEnd.
  kOffer,      // Makes a FIFO in the work directory, and waits until the run opens it. Answers:
               // kOffered, kOpened.
  kReplace,    // Places a bundle, which comes as a descriptor, in the stead of what has the names
               // of its files. Answer: kReplaced.
};

// kTake is followed by `names` names, each ended by a NUL; or by none, for all files. kOffer
// by one.
struct ControlRequest {
  Order order{};
  std::uint32_t names = 0;
  // kReset: nothing but the spawner is alive and it was not killed, so it may serve again.
  std::uint32_t spawner_is_left = 0;
  std::uint32_t leaf_was_killed = 0;  // kBegin, kReset: so it serves nobody any more.
  ScratchSize size;                   // All but kKill and kTake.
  std::uint64_t max_files = 0;        // kTake without names.
};

// --- Control: mother to worker --------------------------------------------------------------

enum class Answer : std::uint32_t {
  kReady =
      1,  // For a new spawner, which has a new generation, descriptors: the cgroup files
          // whose bits are set in `files`, those of a new leaf. Else the last one serves again.
  kConfigured,  // `error` is an errno, or 0.
  kDead,        // No process is left. Once for each spawner.
  kFile,        // One file: its name follows, its descriptor comes with it.
  kProblem,     // One file that cannot be taken: its name follows, `error` says why.
  kTakeEnd,     // `error` is E2BIG when "**" met more than it may take.
  kOffered,     // `error` is an errno, or 0: a run may be started that opens it.
  kOpened,      // The end to write to comes with it; or `error` is an errno.
  kReplaced,    // `error` is an errno, or 0.
  kFailed,      // The box is lost: what was being done follows as text, `error` says why.
};

struct ControlReply {
  Answer answer{};
  std::uint32_t generation = 0;  // Counts spawners: tells a late kDead from one that counts.
  std::int32_t error = 0;
  std::uint32_t files = 0;  // kReady: bit n for CgroupFile n.
  std::uint32_t mode = 0;   // kFile: permission bits.
  std::uint32_t text_bytes = 0;
};

// --- Run: worker to spawner -----------------------------------------------------------------

// Followed by argv and environment, each string ended by a NUL. Descriptors: stdin, stdout, stderr,
// then the bundle and the frozen interpreter (init/frozen.h), as far as there are any.
struct RunRequest {
  std::uint32_t argc = 0;
  std::uint32_t envc = 0;
  std::uint32_t has_bundle = 0;
  std::uint32_t has_frozen = 0;
  std::uint64_t cpu_seconds = 0;  // The kernel's backstop; the worker counts for itself.
  std::uint64_t stack = 0;
  std::uint64_t file = 0;
  std::uint64_t descriptors = 0;
};

struct RunCommand {
  RunRequest request;
  char** argv = nullptr;
  char** envp = nullptr;
};

// Reads a message in place. `strings` has room for kMaxStrings + 2 pointers and gets both lists.
inline bool parse_run(char* message, std::size_t size, char** strings, RunCommand& out) {
  if (size < sizeof(RunRequest)) return false;
  std::memcpy(&out.request, message, sizeof(RunRequest));
  const std::size_t argc = out.request.argc;
  const std::size_t envc = out.request.envc;
  if (argc == 0 || argc > kMaxStrings || envc > kMaxStrings - argc) return false;
  char* at = message + sizeof(RunRequest);
  char* const end = message + size;
  out.argv = strings;
  out.envp = strings + argc + 1;
  for (std::size_t i = 0; i < argc + envc; ++i) {
    strings[i < argc ? i : i + 1] = at;
    while (at != end && *at != '\0')
      ++at;
    if (at == end) return false;
    ++at;
  }
  strings[argc] = nullptr;
  strings[argc + 1 + envc] = nullptr;
  return at == end;
}

// --- Run: spawner to worker -----------------------------------------------------------------

enum class Event : std::uint32_t {
  kStarted = 1,  // Only where placing the files took long: limits count from now.
  kEnded,        // The main process is dead: `code` and `status` as waitid() gives them.
  kNoFiles,      // The bundle does not fit or is broken: `error`.
  kNoExec,       // The command cannot be executed: `error`.
  kNotThawed,    // What was frozen is of no use here: the command is executed instead.
};

struct RunReply {
  Event event{};
  std::int32_t error = 0;
  std::int32_t code = 0;        // CLD_EXITED, CLD_KILLED or CLD_DUMPED.
  std::int32_t status = 0;      // Exit code or signal.
  std::int64_t started_ns = 0;  // CLOCK_MONOTONIC.
  std::int64_t ended_ns = 0;
  std::int64_t own_cpu_ns = 0;  // What the spawner itself used since it read the request.
};

// --- The bundle: files that go into a box, in a sealed memory file ----------------------------

struct BundleHeader {
  std::uint32_t magic = 0;
  std::uint32_t count = 0;
  std::uint64_t index_bytes = 0;  // All entries with their names; the contents follow.
};
inline constexpr std::uint32_t kBundleMagic = 0x444e4245;

// Followed by the name, without a NUL.
struct BundleEntry {
  std::uint64_t offset = 0;  // From the start of the file.
  std::uint64_t size = 0;
  std::uint32_t name_bytes = 0;
  std::uint32_t executable = 0;
};

// Takes the next entry off an index. False: it is broken.
inline bool next_entry(const char*& index, std::size_t& left, BundleEntry& entry,
                       const char*& name) {
  if (left < sizeof(BundleEntry)) return false;
  std::memcpy(&entry, index, sizeof(BundleEntry));
  if (entry.name_bytes > left - sizeof(BundleEntry)) return false;
  name = index + sizeof(BundleEntry);
  if (!is_plain_name(name, entry.name_bytes)) return false;
  index = name + entry.name_bytes;
  left -= sizeof(BundleEntry) + entry.name_bytes;
  return true;
}

}  // namespace engine::sandbox::wire
