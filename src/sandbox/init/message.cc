#include "sandbox/init/message.h"

#include <cerrno>
#include <cstring>

#include <sys/socket.h>

namespace engine::sandbox::init {

bool send_record(int socket, const void* head, std::size_t head_bytes, const void* text,
                 std::size_t text_bytes, const int* fds, int fd_count) {
  iovec parts[2] = {
      {const_cast<void*>(head), head_bytes},
      {const_cast<void*>(text), text_bytes}
  };
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxFds)] = {};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = text_bytes > 0 ? 2 : 1;
  if (fd_count > 0) {
    const std::size_t bytes = sizeof(int) * static_cast<std::size_t>(fd_count);
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(header), fds, bytes);
  }
  for (;;) {
    if (sendmsg(socket, &message, MSG_NOSIGNAL) >= 0) return true;
    if (errno != EINTR) return false;
  }
}

long receive_record(int socket, void* bytes, std::size_t capacity, int* fds, int* fd_count) {
  iovec part = {bytes, capacity};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxFds)];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  long size = -1;
  do {
    size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  *fd_count = 0;
  if (size < 0) return -1;
  for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
    if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS) continue;
    const auto* passed = reinterpret_cast<const int*>(CMSG_DATA(at));
    const auto count = static_cast<int>((at->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    // One by one: each function of the C library that a spawner calls is a page more to be mapped.
    for (int i = 0; i < count; ++i)
      fds[i] = passed[i];
    *fd_count = count;
  }
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return -1;
  return size;
}

}  // namespace engine::sandbox::init
