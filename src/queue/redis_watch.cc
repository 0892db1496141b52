#include "queue/redis_watch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <span>
#include <system_error>

#include <sys/epoll.h>
#include <sys/eventfd.h>

namespace engine::redis {
namespace {

int checked(int fd) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "no descriptor for a watch");
  return fd;
}

}  // namespace

Watch::Watch()
    : events_(checked(::epoll_create1(EPOLL_CLOEXEC))),
      bell_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = bell_.get()}};
  ::epoll_ctl(events_.get(), EPOLL_CTL_ADD, bell_.get(), &event);
}

void Watch::ring() {
  ::eventfd_write(bell_.get(), 1);
}

void Watch::begin(int fd) {
  epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.fd = fd}};
  ::epoll_ctl(events_.get(), EPOLL_CTL_ADD, fd, &event);
}

void Watch::end(int fd) {
  ::epoll_ctl(events_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

bool Watch::wait(Milliseconds patience) {
  std::array<epoll_event, 2> events;
  const int ready = ::epoll_wait(events_.get(), events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(patience.count()));
  const auto count = static_cast<std::size_t>(std::max(ready, 0));
  bool is_readable = false;
  for (const epoll_event& event : std::span(events).first(count)) {
    eventfd_t rung = 0;
    if (event.data.fd == bell_.get()) {
      ::eventfd_read(bell_.get(), &rung);
    } else {
      is_readable = true;
    }
  }
  return is_readable;
}

}  // namespace engine::redis
