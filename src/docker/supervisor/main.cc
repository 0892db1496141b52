// PID 1 of a container: root in there, with no more power than to change its user and to signal
// others. Everything comes over stdin and goes over stdout, neither of which a run ever sees.
//
// argv: name, the user that runs become, "strict" or nothing.

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "docker/supervisor/as_user.h"
#include "docker/supervisor/files.h"
#include "docker/supervisor/meter.h"
#include "docker/supervisor/run.h"
#include "docker/supervisor/stream.h"
#include "docker/supervisor/wipe.h"
#include "sandbox/init/confine.h"
#include "sandbox/init/ipc.h"
#include "sandbox/init/take.h"
#include "sandbox/seccomp/filters.h"

namespace engine::docker::supervisor {
namespace {

using wire::Kind;

char message[wire::kMaxRun];
char* strings[sandbox::wire::kMaxStrings + 2];

// Sends the taken files, as many bytes of them as may be.
class Sender final : public sandbox::init::Taker {
 public:
  Sender(std::uint64_t run, std::int64_t most) : run_(run), left_(most) {}

  bool file(const char* name, std::size_t length, int fd, unsigned mode) override {
    struct stat status{};
    if (fstat(fd, &status) != 0) return problem(name, length, errno);
    if (status.st_size > left_) return problem(name, length, EFBIG);
    left_ -= status.st_size;
    send_head(name, length, mode, 0, static_cast<std::size_t>(status.st_size));
    send_content(fd, status.st_size);
    return true;
  }

  bool problem(const char* name, std::size_t length, int error) override {
    send_head(name, length, 0, error, 0);
    return true;
  }

 private:
  void send_head(const char* name, std::size_t length, unsigned mode, int error,
                 std::size_t size) const {
    wire::TakenHead head;
    head.name_bytes = static_cast<std::uint32_t>(length);
    head.mode = mode;
    head.error = error;
    const wire::Header header = header_of(Kind::kTaken, run_, sizeof(head) + length + size);
    write_whole(&header, sizeof(header));
    write_whole(&head, sizeof(head));
    write_whole(name, length);
  }

  // As much as was promised, whatever the file gives.
  static void send_content(int fd, std::int64_t size) {
    static char piece[wire::kMaxPiece];
    std::int64_t at = 0;
    while (at < size) {
      const auto left = static_cast<std::size_t>(size - at);
      const std::size_t most = left < sizeof(piece) ? left : sizeof(piece);
      const ssize_t count = pread(fd, piece, most, at);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) std::memset(piece, 0, most);
      const std::size_t sent = count > 0 ? static_cast<std::size_t>(count) : most;
      write_whole(piece, sent);
      at += static_cast<std::int64_t>(sent);
    }
  }

  std::uint64_t run_;
  std::int64_t left_;
};

class Supervisor {
 public:
  Supervisor(unsigned user, bool strict) : user_(user), strict_(strict) {}

  [[noreturn]] void run() {
    prepare();
    send(Kind::kReady, 0);
    for (;;) {
      wire::Header header;
      read_whole(&header, sizeof(header));
      switch (header.kind) {
        case Kind::kFiles: files_error_ = place_files(header.bytes); break;
        case Kind::kRun: serve(header); break;
        case Kind::kInput: skip(header.bytes); break;  // Of a run that is over.
        default: give_up("an unknown order");
      }
    }
  }

 private:
  void prepare() {
    prctl(PR_SET_DUMPABLE, 0);
    umask(0);
    open_stream();
    meter_.open();
    if (!open_directories(user_)) give_up("the writable directories are not as they should be");
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGPIPE);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, nullptr);
    sigdelset(&blocked, SIGPIPE);
    children_ = signalfd(-1, &blocked, SFD_CLOEXEC | SFD_NONBLOCK);
    if (children_ < 0) give_up("no signalfd");
    if (!sandbox::init::set_fixed_limits()) give_up("the resource limits cannot be set");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        !sandbox::init::install_filter(strict_ ? sandbox::strict_filter()
                                               : sandbox::default_filter())) {
      give_up("the system call filter cannot be installed");
    }
  }

  void serve(const wire::Header& header) {
    if (header.bytes < sizeof(wire::RunRequest) || header.bytes > sizeof(message)) {
      give_up("an order of a wrong size");
    }
    read_whole(message, header.bytes);
    Run::Job job;
    job.id = header.run;
    job.user = user_;
    std::memcpy(&job.limits, message, sizeof(job.limits));
    const std::size_t rest = header.bytes - sizeof(job.limits);
    char* const names = message + sizeof(job.limits);
    const std::size_t name_bytes = job.limits.name_bytes;
    if (name_bytes > rest || (name_bytes > 0 && names[name_bytes - 1] != '\0') ||
        !sandbox::wire::parse_run(names + name_bytes, rest - name_bytes, strings, job.command)) {
      give_up("an order that cannot be read");
    }
    const wire::Ended ended = execute(job);
    send(Kind::kEnded, job.id, &ended, sizeof(ended));
    take(job, names, names + name_bytes);
    clean();
    send(Kind::kReady, 0);
  }

  wire::Ended execute(const Run::Job& job) {
    if (files_error_ == 0) return Run(job, meter_, children_).go();
    wire::Ended ended;
    ended.stage = wire::Stage::kNoFiles;
    ended.error = files_error_;
    return ended;
  }

  void take(const Run::Job& job, const char* name, const char* end) const {
    const AsUser user(user_);
    Sender sender(job.id, job.limits.take_bytes);
    static_cast<void>(chmod(sandbox::wire::kWork, 0775));  // He may have shut it.
    const int work = open(sandbox::wire::kWork, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    std::int32_t error = 0;
    if (job.limits.takes_all != 0) {
      error = sandbox::init::take_all(work, job.limits.take_count, sender);
    } else {
      for (; name < end; name += std::strlen(name) + 1)
        sandbox::init::take_named(work, name, std::strlen(name), sender);
    }
    close(work);
    send(Kind::kDone, job.id, &error, sizeof(error));
  }

  void clean() {
    files_error_ = 0;
    if (!wipe_directories(user_)) give_up("files of a run cannot be removed");
    // Rare, and to be removed one by one: another container is as good.
    if (sandbox::init::ipc_is_used()) _exit(0);
  }

  unsigned user_;
  bool strict_;
  int children_ = -1;
  int files_error_ = 0;
  Meter meter_;
};

}  // namespace
}  // namespace engine::docker::supervisor

int main(int argc, char** argv) {
  const long user = argc < 2 ? 0 : std::strtol(argv[1], nullptr, 10);
  if (user <= 0 || getpid() != 1) return 2;
  static engine::docker::supervisor::Supervisor supervisor(static_cast<unsigned>(user), argc > 2);
  supervisor.run();
}
