#pragma once

#include <chrono>
#include <thread>

#include "base/units.h"

// How long the queue's tests wait: not at all, or for what comes for certain.
namespace engine::testing {

inline constexpr Milliseconds kNow{0};
inline constexpr Milliseconds kLong{60'000};

// Waits for what others bring about. False: it did not come in a long time.
template <typename Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + kLong;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(Milliseconds{1});
  }
  return true;
}

}  // namespace engine::testing
