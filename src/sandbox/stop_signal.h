#pragma once

#include <cstdint>
#include <stop_token>

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"

namespace engine::sandbox {

// Makes a stop request something to poll for.
class StopSignal {
 public:
  explicit StopSignal(const std::stop_token& token)
      : event_(token.stop_possible() ? ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1),
        callback_(token, Raise{event_.get()}) {}

  int fd() const { return event_.get(); }  // Readable once stopped; -1 where nobody can.

 private:
  struct Raise {
    int fd;
    void operator()() const noexcept {
      const std::uint64_t one = 1;
      static_cast<void>(::write(fd, &one, sizeof(one)) == sizeof(one));
    }
  };
  Fd event_;
  std::stop_callback<Raise> callback_;
};

}  // namespace engine::sandbox
