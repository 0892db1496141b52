#include "sandbox/record_socket.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>

#include "sandbox/os_error.h"

namespace engine::sandbox {
namespace {

using SteadyPoint = std::chrono::steady_clock::time_point;

timespec time_left(SteadyPoint deadline) {
  const auto now = std::chrono::steady_clock::now();
  if (deadline <= now) return {};  // Compared first: the difference to the least value overflows.
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(deadline - now).count();
  return {static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
}

std::vector<Fd> descriptors(msghdr& message) {
  std::vector<Fd> fds;
  for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
    if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int raw = -1;
      std::memcpy(&raw, CMSG_DATA(at) + i * sizeof(int), sizeof(int));
      fds.emplace_back(raw);
    }
  }
  return fds;
}

}  // namespace

Result<SocketPair> make_socket_pair() {
  int raw[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, raw) != 0) {
    return os_error("socketpair");
  }
  return SocketPair{Fd(raw[0]), Fd(raw[1])};
}

Status send_record(int socket, std::initializer_list<std::string_view> parts,
                   std::span<const int> fds) {
  std::array<iovec, 4> vectors{};
  std::size_t count = 0;
  for (const std::string_view part : parts) {
    vectors.at(count++) = {const_cast<char*>(part.data()), part.size()};
  }
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxRecordFds)] = {};
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = count;
  if (!fds.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
  }
  for (;;) {
    if (::sendmsg(socket, &message, MSG_NOSIGNAL) >= 0) return Ok{};
    if (errno != EINTR) return os_error("send to the box");
  }
}

bool wait_for(int fd, short events, SteadyPoint deadline) {
  for (;;) {
    pollfd wait = {fd, events, 0};
    const timespec left = time_left(deadline);
    const int count = ::ppoll(&wait, 1, &left, nullptr);
    if (count > 0) return true;
    if (count == 0 || errno != EINTR) return false;
  }
}

Result<Record> receive_record(int socket, std::span<char> buffer, SteadyPoint deadline) {
  iovec vector = {buffer.data(), buffer.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxRecordFds)];
  for (;;) {
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    const ssize_t size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) {
      const bool may_wait = deadline > std::chrono::steady_clock::now();
      if (may_wait && wait_for(socket, POLLIN, deadline)) continue;
      return Error{Errc::kNotFound, "no answer in time", {}};
    }
    if (size < 0) return os_error("receive");
    std::vector<Fd> fds = descriptors(message);
    if (size == 0) return Error{Errc::kUnavailable, "the other side is gone", {}};
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
      return Error{Errc::kUnavailable, "a message that is too long", {}};
    }
    return Record{static_cast<std::size_t>(size), std::move(fds)};
  }
}

}  // namespace engine::sandbox
