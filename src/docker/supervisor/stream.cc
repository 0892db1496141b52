#include "docker/supervisor/stream.h"

#include <cerrno>
#include <cstring>
#include <initializer_list>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace engine::docker::supervisor {
namespace {

constexpr int kErrors = 2;  // Read by the worker for its log.

void wait_for(int fd, short events) {
  pollfd wait = {fd, events, 0};
  while (poll(&wait, 1, -1) < 0) {
    if (errno != EINTR) _exit(0);
  }
}

bool is_temporary(int error) {
  return error == EAGAIN || error == EINTR;
}

}  // namespace

void open_stream() {
  for (const int fd : {kIn, kOut}) {
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) give_up("no stream");
  }
}

std::size_t read_some(void* to, std::size_t most) {
  const ssize_t count = read(kIn, to, most);
  if (count > 0) return static_cast<std::size_t>(count);
  if (count == 0 || !is_temporary(errno)) _exit(0);
  return 0;
}

std::size_t write_some(const void* from, std::size_t bytes) {
  const ssize_t count = write(kOut, from, bytes);
  if (count >= 0) return static_cast<std::size_t>(count);
  if (!is_temporary(errno)) _exit(0);
  return 0;
}

void read_whole(void* to, std::size_t bytes) {
  auto* at = static_cast<char*>(to);
  while (bytes > 0) {
    const std::size_t count = read_some(at, bytes);
    if (count == 0) wait_for(kIn, POLLIN);
    at += count;
    bytes -= count;
  }
}

void write_whole(const void* from, std::size_t bytes) {
  const auto* at = static_cast<const char*>(from);
  while (bytes > 0) {
    const std::size_t count = write_some(at, bytes);
    if (count == 0) wait_for(kOut, POLLOUT);
    at += count;
    bytes -= count;
  }
}

void skip(std::uint64_t bytes) {
  char waste[4096];
  while (bytes > 0) {
    const std::size_t count = bytes < sizeof(waste) ? bytes : sizeof(waste);
    read_whole(waste, count);
    bytes -= count;
  }
}

wire::Header header_of(wire::Kind kind, std::uint64_t run, std::size_t bytes) {
  wire::Header header;
  header.kind = kind;
  header.run = run;
  header.bytes = bytes;
  return header;
}

void send(wire::Kind kind, std::uint64_t run, const void* bytes, std::size_t size) {
  const wire::Header header = header_of(kind, run, size);
  write_whole(&header, sizeof(header));
  write_whole(bytes, size);
}

void give_up(const char* what) {
  const ssize_t told = write(kErrors, what, std::strlen(what));
  _exit(told < 0 ? 2 : 1);
}

}  // namespace engine::docker::supervisor
