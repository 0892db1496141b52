#pragma once

#include <atomic>

#include "base/clock.h"

namespace engine::testing {

// A clock that stands still until the test moves it. Safe from any thread.
class FakeClock final : public Clock {
 public:
  WallTime wall() const override {
    return WallTime{} + std::chrono::hours{24 * 365} + wall_.load();
  }
  SteadyTime steady() const override { return SteadyTime{} + steady_.load(); }

  void advance(std::chrono::seconds by) {
    wall_ = wall_.load() + by;
    steady_ = steady_.load() + by;
  }
  void jump_wall(std::chrono::seconds by) { wall_ = wall_.load() + by; }

 private:
  std::atomic<std::chrono::seconds> wall_{std::chrono::seconds{0}};
  std::atomic<std::chrono::seconds> steady_{std::chrono::seconds{0}};
};

}  // namespace engine::testing
