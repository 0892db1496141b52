#include "sandbox/output_collector.h"

#include <cerrno>

#include <unistd.h>

namespace engine::sandbox {
namespace {

constexpr std::size_t kPipeCapacity = 64 << 10;

}  // namespace

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
