#pragma once

#include <atomic>
#include <string>

#include "base/clock.h"
#include "base/units.h"

namespace engine {

// Watches how much room a disk has. Asks the kernel once a second at most, so it may be asked with
// every submission; safe from any thread.
class FreeSpace {
 public:
  // Of the disk that holds `path`. `clock` outlives it.
  FreeSpace(std::string path, Bytes floor, const Clock& clock);

  bool is_low() const;

 private:
  const std::string path_;
  const Bytes floor_;
  const Clock& clock_;
  mutable std::atomic<SteadyTime::rep> next_look_;
  mutable std::atomic<bool> is_low_ = false;
};

}  // namespace engine
