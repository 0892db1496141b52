#pragma once

#include "base/fd.h"
#include "base/units.h"

namespace engine::redis {

// What a thread sleeps on that looks after lines nobody reads just now: it wakes when one of them
// can be read, or when it is rung. Whoever takes a line away before anything came does not wake it.
// All but wait() from any thread.
class Watch {
 public:
  Watch();

  void ring();
  // One that is begun again and again, with the same descriptor, wakes once for each time.
  void begin(int fd);
  void end(int fd);

  // Until something happened, perhaps long ago, or `patience` is over; may return early. True: a
  // line that was or is watched can be read.
  bool wait(Milliseconds patience);

 private:
  const Fd events_;
  const Fd bell_;
};

}  // namespace engine::redis
