#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace engine::sandbox {

// What one run may use. Times are enforced on the sum of all processes of the run.
struct RunLimits {
  Microseconds cpu_time{2'000'000};
  Microseconds wall_time{10'000'000};
  Bytes memory = 256_MiB;
  Bytes stack = 64_MiB;
  int processes = 64;
  Bytes output = 1_MiB;  // stdout and stderr together; one byte more ends the run.
  Bytes file = 16_MiB;
  Bytes disk = 64_MiB;
  int files = 1'000;
  bool operator==(const RunLimits&) const = default;
};

// One file that goes into a box, or came out of one.
struct File {
  std::string name;  // Relative to the work directory, "/" between parts, no "." or "..".
  std::string content;
  bool executable = false;
};

// Files made ready once and put into many runs, read-only for the program (mode 0444 or 0555).
// Immutable; implementations keep their own prepared form beside it.
class FileSet {
 public:
  static std::shared_ptr<const FileSet> make(std::vector<File> files);

  FileSet(const FileSet&) = delete;
  FileSet& operator=(const FileSet&) = delete;
  ~FileSet();

  const std::vector<File>& files() const { return files_; }

  // The native box's form: a sealed memory file in the init protocol's bundle format. Made on
  // first use; safe from any thread. -1 when the host has no memory for it now.
  int bundle_fd() const;

 private:
  explicit FileSet(std::vector<File> files);
  struct Prepared;
  std::vector<File> files_;
  std::unique_ptr<Prepared> prepared_;
};

// An interpreter that was started and stopped before it read any program; see sandbox/frozen.h.
class Frozen;

// See sandbox/conversation.h.
class Conversation;

enum class Stream { kStdout, kStderr };

struct LiveUsage {
  Microseconds cpu_time{0};
  Microseconds wall_time{0};
  Bytes memory_now;
  Bytes memory_peak;
  int processes = 0;
};

// Called from inside Box::run(), on the caller's thread. All must be quick.
class Observer {
 public:
  virtual ~Observer() = default;

  // The host has given all that the run needs, and nothing of it has happened yet. False: it must
  // not begin; it ends as kStopped.
  virtual bool on_start() { return true; }
  virtual void on_usage(const LiveUsage& usage) = 0;  // Five times a second.
  virtual void on_output(Stream stream, std::string_view bytes) = 0;
};

struct RunSpec {
  std::vector<std::string> argv;         // argv[0] is an absolute path inside the box.
  std::vector<std::string> environment;  // "NAME=value"; nothing else is passed on.
  std::shared_ptr<const FileSet> files;  // Into the work directory, kWorkDirectory; may be null.
  std::string_view input;                // stdin; outlives the call.
  Conversation* conversation = nullptr;  // In place of stdin and stdout; borrowed for the call.
  RunLimits limits;

  // Where the run may go on from, instead of executing argv[0]: started with the same environment
  // and the same arguments up to the program's name. Null, of no use, or boxes that have no such
  // thing: argv[0] is executed. What the run does is the same.
  std::shared_ptr<const Frozen> frozen;

  // Files to take out of the work directory when everything in the box is dead: exact relative
  // names, or "**" for every regular file below it that `files` did not bring. A name that is
  // missing or no plain file is reported in TakenFile::problem, never followed.
  std::vector<std::string> take;
  Bytes take_limit = 64_MiB;  // All taken files together.
  int take_count = 1'000;     // For "**".

  Observer* observer = nullptr;  // Borrowed for the call.
  std::stop_token stop;          // A stop ends the run with End::kStopped.
};

// Why the main process is no more. Taken from the engine's own acts and the kernel's counters,
// never guessed from an exit status.
enum class End {
  kExited,
  kSignaled,
  kCpuTime,
  kWallTime,
  kMemory,
  kOutput,
  kStopped,      // By RunSpec::stop, or by its observer before it began.
  kCannotStart,  // execve failed: RunReport::start_errno says why.
};

struct TakenFile {
  File file;
  std::string problem;  // Empty: the file was taken whole.
};

struct RunReport {
  End end = End::kExited;
  int exit_code = 0;  // For kExited.
  int signal = 0;     // For kSignaled, and SIGKILL where the engine ended it.
  int start_errno = 0;

  std::string stdout_text;
  std::string stderr_text;
  std::string log;  // Both, in the order in which the engine read them.
  bool truncated = false;

  Microseconds cpu_time{0};
  Microseconds wall_time{0};
  Bytes memory;
  int processes = 0;
  bool thawed = false;  // It went on from RunSpec::frozen.
  bool ahead = false;   // It went on from Box::start_ahead().

  // For kWallTime: the run's tasks waited so long for a processor, or the engine itself was so
  // late, that the overrun says nothing about the program.
  bool host_stalled = false;

  std::vector<TakenFile> taken;
};

// Where a run's files are and where it starts; the same in every box of every kind.
inline constexpr std::string_view kWorkDirectory = "/box";

// One isolated container. Used by one thread at a time. Destroyed with all that runs in it; the
// owner is not held up by the clean-up.
class Box {
 public:
  virtual ~Box() = default;

  // Runs one command and waits until it and all it started are dead and their counts are final.
  // Each run finds fresh processes, files and IPC objects, whatever the run before it did.
  // What foreign code does is a RunReport. kUnavailable: the host failed before foreign code ran,
  // or lost the box; another box may do. kInvalid: the spec itself is wrong.
  virtual Result<RunReport> run(const RunSpec& spec) = 0;

  // Starts the command of `spec` ahead of the box's next run, up to where it opens its program, a
  // file of this name in the work directory, and waits for that. A run of the same command,
  // environment and limits whose one file is that program goes on from there, once; any other finds
  // nothing of it. What the run does is the same, but for how long ago its process was started.
  // kUnavailable: it could not be, and the box is of no more use. kInvalid: these boxes cannot.
  virtual Status start_ahead(const RunSpec& /*spec*/, const std::string& /*program*/) {
    return Error{Errc::kInvalid, "these boxes start nothing ahead", {}};
  }
  virtual Bytes memory_now() const { return {}; }  // What such a start uses.
};

// How far boxes are shared; see docs/security.md. Named by the configuration, never by a request.
enum class Reuse {
  kRun,         // A fresh box for every run.
  kSubmission,  // The runs of one submission share a box; then it is destroyed.
  kPool,        // Boxes are wiped and serve other submissions too.
};

// The port. Safe from any thread. Implementations: native (namespaces of this kernel), docker.
class Boxes {
 public:
  virtual ~Boxes() = default;

  // A box for `image`, ready to run. Waits for one that is being built. kInvalid: no such image.
  // kUnavailable: the host cannot build one now.
  virtual Result<std::unique_ptr<Box>> acquire(const std::string& image) = 0;

  // Whether RunSpec::frozen is looked at.
  virtual bool can_thaw() const { return false; }

  // Whether RunSpec::conversation is.
  virtual bool can_converse() const { return false; }

  // Whether its boxes can start a run ahead.
  virtual bool can_start_ahead() const { return false; }

  virtual Reuse reuse() const = 0;
  virtual int ready() const = 0;  // Boxes built and waiting, for /metrics.
};

}  // namespace engine::sandbox
