#pragma once

#include <chrono>

namespace engine {

using WallTime = std::chrono::system_clock::time_point;
using SteadyTime = std::chrono::steady_clock::time_point;

// The two clocks, injected so that tests own time. Wall time is for timestamps and expiry that a
// person reads; durations are measured with the steady clock only, as the wall clock may jump.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual SteadyTime steady() const = 0;
};

// The machine's own clocks; lives as long as the program.
const Clock& system_clock();

}  // namespace engine
