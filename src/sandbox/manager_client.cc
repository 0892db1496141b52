#include "sandbox/manager_client.h"

#include <cstring>

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/processors.h"
#include "sandbox/manager_process.h"
#include "sandbox/os_error.h"
#include "sandbox/record_socket.h"

namespace engine::sandbox {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

// An earlier engine's boxes are swept meanwhile.
constexpr seconds kStartPatience{30};
constexpr seconds kBuildPatience{20};
constexpr seconds kEndPatience{15};

struct Answer {
  ManagerReply reply;
  std::vector<Fd> fds;
};

Result<Answer> receive_answer(int socket, seconds patience) {
  Answer answer;
  const std::span<char> buffer(reinterpret_cast<char*>(&answer.reply), sizeof(ManagerReply));
  auto record = receive_record(socket, buffer, steady_clock::now() + patience);
  if (!record || record->size != sizeof(ManagerReply)) {
    return Error{Errc::kUnavailable, "the box manager is dead or hangs; restart the engine", {}};
  }
  if (answer.reply.failed != 0) {
    answer.reply.message[sizeof(answer.reply.message) - 1] = '\0';
    return Error{answer.reply.code, answer.reply.message, {}};
  }
  answer.fds = std::move(record->fds);
  return answer;
}

Status check_options(const NativeOptions& options) {
  const auto fault = [](const char* text) { return Error{Errc::kInvalid, text, {}}; };
  if (options.images.empty()) return fault("sandbox: no image is configured");
  if (options.slots < 1) return fault("sandbox: slots must be at least 1");
  if (2 * options.slots + 2 + options.kept > box_limit(options)) {
    return fault("sandbox: too many slots");
  }
  if (options.pinned && options.slots > static_cast<int>(usable_processors().size())) {
    return fault("sandbox.pin: more slots than processors that this process may use; lower slots");
  }
  return Ok{};
}

}  // namespace

Result<std::unique_ptr<Manager>> Manager::fork(const NativeOptions& options) {
  CHECK_OK(check_options(options));
  TRY(SocketPair sockets, make_socket_pair());
  const pid_t pid = ::fork();
  if (pid < 0) return os_error("fork the box manager");
  if (pid == 0) {
    sockets.ours = Fd();
    manager_main(options, std::move(sockets.theirs));
  }
  sockets.theirs = Fd();
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  auto up = receive_answer(sockets.ours.get(), kStartPatience);
  const auto mode = up ? static_cast<CgroupMode>(up->reply.mode) : CgroupMode::kV2;
  auto client =
      std::make_unique<ManagerClient>(pid, std::move(pidfd), std::move(sockets.ours), mode);
  if (!up) return std::move(up).error();
  return std::unique_ptr<Manager>(std::move(client));
}

ManagerClient::ManagerClient(pid_t pid, Fd pidfd, Fd socket, CgroupMode mode)
    : pid_(pid), pidfd_(std::move(pidfd)), socket_(std::move(socket)), mode_(mode) {}

ManagerClient::~ManagerClient() {
  socket_ = Fd();  // The end of it is the order to end.
  if (!wait_for(pidfd_.get(), POLLIN, steady_clock::now() + kEndPatience)) {
    log::error("the box manager does not end; boxes may be left until the next start");
    return;
  }
  ::waitpid(pid_, nullptr, 0);
}

Result<ManagerClient::BuiltBox> ManagerClient::build(unsigned image, int pin) {
  const std::lock_guard lock(mutex_);
  ManagerRequest request;
  request.order = ManagerOrder::kBuild;
  request.image = image;
  request.pin = static_cast<std::uint32_t>(pin);
  if (!send_record(socket_.get(), {as_bytes(request)})) {
    return Error{Errc::kUnavailable, "the box manager is dead; restart the engine", {}};
  }
  TRY(Answer answer, receive_answer(socket_.get(), kBuildPatience));
  BuiltBox built;
  built.name = {answer.reply.box, answer.reply.life};
  auto fd = answer.fds.begin();
  if (fd == answer.fds.end()) return Error{Errc::kInternal, "a box without a socket", {}};
  built.mother = std::move(*fd++);
  for (std::size_t i = 0; i < built.files.size() && fd != answer.fds.end(); ++i) {
    if ((answer.reply.files & (1U << i)) != 0) built.files[i] = std::move(*fd++);
  }
  return built;
}

void ManagerClient::destroy(BoxName name) {
  const std::lock_guard lock(mutex_);
  ManagerRequest request;
  request.order = ManagerOrder::kDestroy;
  request.box = name.box;
  request.life = name.life;
  // Nobody to send it to: then the box is dead already.
  static_cast<void>(send_record(socket_.get(), {as_bytes(request)}));
}

bool ManagerClient::is_dead() const {
  return wait_for(pidfd_.get(), POLLIN, steady_clock::now());
}

}  // namespace engine::sandbox
