#include "app/temporary_directory.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace engine::app {
namespace {

// Waits until nobody holds the other end of `alive`, then removes the directory. In a session of
// its own, so that a Ctrl-C meant for us passes it by.
[[noreturn]] void remove_when_alone(const std::string& path, int alive) {
  ::setsid();
  ::dup2(alive, 0);
  ::close_range(1, ~0U, 0);
  char byte = 0;
  while (::read(0, &byte, 1) > 0) {
  }
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
  ::_exit(0);
}

}  // namespace

Result<TemporaryDirectory> TemporaryDirectory::make() {
  std::error_code ec;
  std::string path =
      (std::filesystem::temp_directory_path(ec) / "execution-engine.XXXXXX").string();
  if (ec || ::mkdtemp(path.data()) == nullptr) {
    return Error{Errc::kUnavailable, "no temporary directory can be made at " + path, {}};
  }
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Error{Errc::kUnavailable, "no pipe can be made", {}};
  const Fd theirs(ends[0]);
  Fd ours(ends[1]);
  const pid_t remover = ::fork();
  if (remover < 0) return Error{Errc::kUnavailable, "no process can be made", {}};
  if (remover == 0) {
    ours = Fd();
    remove_when_alone(path, theirs.get());
  }
  return TemporaryDirectory(std::move(path), std::move(ours), remover);
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::move(other.path_)),
      alive_(std::move(other.alive_)),
      remover_(std::exchange(other.remover_, -1)) {}

TemporaryDirectory::~TemporaryDirectory() {
  if (remover_ < 0) return;
  alive_ = Fd();
  ::waitpid(remover_, nullptr, 0);
}

}  // namespace engine::app
