#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace engine {

// Some threads wait, another one rings, once: cheaper than a condition variable, whose waiters have
// to come by a mutex first that the one who woke them may still hold. What was written before
// ring() can be read after wait(). ring() is done with the bell as soon as a waiter can go on, so
// that the bell may live on the stack of the only one.
class Doorbell {
 public:
  void ring();
  void wait();
  // False: nobody rang by then.
  bool wait_until(std::chrono::steady_clock::time_point deadline);

 private:
  enum State : std::uint32_t { kQuiet, kAwaited, kRung };

  std::atomic<std::uint32_t> state_ = kQuiet;
};

// Bells that can be rung together, in a system call for every 32 of them: threads that are woken
// one by one may each run and sleep again before the next is woken, which costs a switch both ways.
class Chime {
 public:
  class Bell {
    friend class Chime;
    std::atomic<bool> is_rung_ = false;
    std::size_t group_ = 0;
    std::uint32_t bit_ = 0;
  };

  // Before it is waited for: bells with numbers that are near each other do not wake each other.
  static void number(Bell& bell, std::size_t number);

  void wait(const Bell& bell);
  // False: it was not rung by then.
  bool wait_until(const Bell& bell, std::chrono::steady_clock::time_point deadline);

  // ring() is done with the bell as soon as its waiter can go on, which is by flush() at the
  // latest.
  void ring(Bell& bell);
  void flush();

 private:
  struct Group {
    std::atomic<std::uint32_t> turn = 0;     // Changes with each flush: what waiters sleep on.
    std::atomic<std::uint32_t> pending = 0;  // The bits of bells that were rung since.
  };
  static constexpr std::size_t kGroups = 8;

  std::array<Group, kGroups> groups_;
};

}  // namespace engine
