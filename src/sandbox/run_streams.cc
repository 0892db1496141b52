#include "sandbox/run_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include "sandbox/os_error.h"

namespace engine::sandbox {

Result<RunStreams> RunStreams::open() {
  RunStreams streams;
  streams.no_input = Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!streams.no_input.is_open()) return os_error("open /dev/null");
  for (Pipe& pipe : streams.outputs) {
    int raw[2];
    if (::pipe2(raw, O_CLOEXEC) != 0) return os_error("pipe");
    pipe.read_end = Fd(raw[0]);
    pipe.write_end = Fd(raw[1]);
    if (::fcntl(raw[0], F_SETFL, O_NONBLOCK) != 0) return os_error("pipe");
  }
  return streams;
}

}  // namespace engine::sandbox
