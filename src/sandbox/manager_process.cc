#include "sandbox/manager_process.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "sandbox/box_table.h"
#include "sandbox/manager_host.h"
#include "sandbox/manager_protocol.h"
#include "sandbox/record_socket.h"

namespace engine::sandbox {
namespace {

// How often is looked again: while a box takes long to die, and while it is dead but the kernel
// does not let its cgroups go yet.
constexpr timespec kDeathPause{0, 50'000'000};
constexpr timespec kBuryPause{0, 5'000'000};

volatile std::sig_atomic_t parent_died = 0;

ManagerReply failure(const Error& error) {
  ManagerReply reply;
  reply.failed = 1;
  reply.code = error.code;
  const std::size_t length = std::min(error.message.size(), sizeof(reply.message) - 1);
  std::memcpy(reply.message, error.message.data(), length);
  return reply;
}

class Server {
 public:
  Server(BoxTable& boxes, CgroupMode mode, int parent)
      : boxes_(boxes), mode_(mode), parent_(parent) {
    ::sigemptyset(&let_in_);
  }

  void run() {
    bool all_buried = true;
    while (parent_died == 0) {
      std::vector<pollfd> waits = {
          {parent_, POLLIN, 0}
      };
      for (const int fd : boxes_.dying_pidfds())
        waits.push_back({fd, POLLIN, 0});
      const timespec& pause = waits.size() > 1 ? kDeathPause : kBuryPause;
      // SIGHUP is let in only here, so none is missed between the check and the wait.
      ::ppoll(waits.data(), waits.size(), all_buried ? nullptr : &pause, &let_in_);
      if (waits[0].revents != 0 && !serve()) return;
      all_buried = boxes_.bury();
    }
  }

 private:
  bool serve() {
    ManagerRequest request;
    const auto now = std::chrono::steady_clock::now();
    const std::span<char> buffer(reinterpret_cast<char*>(&request), sizeof(request));
    const auto record = receive_record(parent_, buffer, now);
    if (!record) return record.error().code == Errc::kNotFound;
    if (record->size != sizeof(request)) return false;
    switch (request.order) {
      case ManagerOrder::kBuild: return build(request.image, request.pin);
      case ManagerOrder::kDestroy: boxes_.destroy(request.box, request.life); return true;
    }
    return false;
  }

  bool build(unsigned image, unsigned pin) {
    auto built = boxes_.build(image, pin);
    if (!built) return send_record(parent_, {as_bytes(failure(built.error()))}).has_value();
    ManagerReply reply;
    reply.mode = static_cast<std::uint32_t>(mode_);
    reply.box = built->box;
    reply.life = built->life;
    std::vector<int> fds = {built->mother.get()};
    for (std::size_t i = 0; i < built->files->size(); ++i) {
      if (!(*built->files)[i].is_open()) continue;
      fds.push_back((*built->files)[i].get());
      reply.files |= 1U << i;
    }
    return send_record(parent_, {as_bytes(reply)}, fds).has_value();
  }

  BoxTable& boxes_;
  CgroupMode mode_;
  int parent_;
  sigset_t let_in_{};
};

// The parent decides when to end, so signals meant for the terminal's whole group pass by.
void settle_in() {
  ::setsid();
  ::prctl(PR_SET_NAME, "box-manager");
  ::prctl(PR_SET_PDEATHSIG, SIGHUP);
  ::prctl(PR_SET_DUMPABLE, 0);
  for (int number = 1; number < NSIG; ++number)
    (void)::signal(number, SIG_DFL);
  for (const int number : {SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGTSTP})
    (void)::signal(number, SIG_IGN);
  struct sigaction on_death{};
  on_death.sa_handler = [](int) { parent_died = 1; };
  ::sigaction(SIGHUP, &on_death, nullptr);
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGHUP);
  ::pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
}

// Keeps the parent's socket and standard error, for the log.
Fd close_all_others(Fd parent) {
  constexpr int kParentFd = 3;
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, 0);
  ::dup2(null, 1);
  if (parent.get() != kParentFd) {
    ::dup3(parent.get(), kParentFd, O_CLOEXEC);
    parent = Fd(kParentFd);
  }
  ::close_range(kParentFd + 1, ~0U, 0);
  return parent;
}

}  // namespace

int box_limit(const NativeOptions& options) {
  const auto images = static_cast<int>(options.images.size());
  const int stock = 2 * options.slots + 2 + options.kept;
  return std::min(kMaxBoxes, 2 * options.slots + stock * images);
}

void manager_main(const NativeOptions& options, Fd parent) {
  parent = close_all_others(std::move(parent));
  settle_in();
  {
    auto host = prepare_host(options);
    if (!host) {
      static_cast<void>(send_record(parent.get(), {as_bytes(failure(host.error()))}));
      ::_exit(1);
    }
    BoxTable boxes(*host, options);
    const CgroupMode mode = host->cgroups->hierarchies().mode;
    ManagerReply up;
    up.mode = static_cast<std::uint32_t>(mode);
    if (send_record(parent.get(), {as_bytes(up)})) Server(boxes, mode, parent.get()).run();
  }
  ::_exit(0);
}

}  // namespace engine::sandbox
