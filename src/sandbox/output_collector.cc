#include "sandbox/output_collector.h"

#include <fcntl.h>
#include <unistd.h>

#include "sandbox/os_error.h"

namespace engine::sandbox {
namespace {

constexpr std::size_t kPipeCapacity = 64 << 10;

}  // namespace

Status OutputCollector::open() {
  for (Pipe& pipe : pipes_) {
    int raw[2];
    if (::pipe2(raw, O_CLOEXEC) != 0) return os_error("pipe");
    pipe.read_end = Fd(raw[0]);
    pipe.write_end = Fd(raw[1]);
    // Ours alone: the program gets an ordinary, blocking end.
    if (::fcntl(raw[0], F_SETFL, O_NONBLOCK) != 0) return os_error("pipe");
  }
  return Ok{};
}

void OutputCollector::read(Stream stream) {
  static_cast<void>(read_some(stream));
}

void OutputCollector::drain() {
  for (const Stream stream : {Stream::kStdout, Stream::kStderr}) {
    while (read_some(stream)) {
    }
  }
}

// False: nothing is there now.
bool OutputCollector::read_some(Stream stream) {
  if (over_limit()) return false;
  char buffer[kPipeCapacity];
  ssize_t count = 0;
  do {
    count = ::read(fd(stream), buffer, sizeof(buffer));
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return false;
  kept_.keep(stream, {buffer, static_cast<std::size_t>(count)});
  return true;
}

}  // namespace engine::sandbox
