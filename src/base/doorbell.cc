#include "base/doorbell.h"

#include <climits>
#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace engine {
namespace {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

// `until`: of the monotonic clock; nullptr: for ever. May return early.
void sleep_on(const std::atomic<std::uint32_t>* word, std::uint32_t expected, const timespec* until,
              std::uint32_t bits = FUTEX_BITSET_MATCH_ANY) {
  ::syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected, until, nullptr, bits);
}

timespec timespec_of(std::chrono::steady_clock::time_point time) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  return {.tv_sec = seconds.count(),
          .tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds).count()};
}

}  // namespace

void Doorbell::ring() {
  // Of the bell, which may be gone after the exchange, only the address is used: whoever else has
  // it by then may wake for nothing, and looks again.
  auto* const word = &state_;
  if (state_.exchange(kRung, std::memory_order_acq_rel) == kAwaited) {
    ::syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
  }
}

void Doorbell::wait() {
  std::uint32_t state = kQuiet;
  state_.compare_exchange_strong(state, kAwaited, std::memory_order_acq_rel);
  while (state_.load(std::memory_order_acquire) != kRung)
    sleep_on(&state_, kAwaited, nullptr);
}

bool Doorbell::wait_until(std::chrono::steady_clock::time_point deadline) {
  const timespec until = timespec_of(deadline);
  std::uint32_t state = kQuiet;
  state_.compare_exchange_strong(state, kAwaited, std::memory_order_acq_rel);
  while (state_.load(std::memory_order_acquire) != kRung) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    sleep_on(&state_, kAwaited, &until);
  }
  return true;
}

void Chime::number(Bell& bell, std::size_t number) {
  bell.group_ = number / 32 % kGroups;
  bell.bit_ = std::uint32_t{1} << (number % 32);
}

void Chime::wait(const Bell& bell) {
  const Group& group = groups_[bell.group_];
  for (;;) {
    const auto turn = group.turn.load(std::memory_order_acquire);
    if (bell.is_rung_.load(std::memory_order_acquire)) return;
    sleep_on(&group.turn, turn, nullptr, bell.bit_);
  }
}

bool Chime::wait_until(const Bell& bell, std::chrono::steady_clock::time_point deadline) {
  const Group& group = groups_[bell.group_];
  const timespec until = timespec_of(deadline);
  for (;;) {
    const auto turn = group.turn.load(std::memory_order_acquire);
    if (bell.is_rung_.load(std::memory_order_acquire)) return true;
    if (std::chrono::steady_clock::now() >= deadline) return false;
    sleep_on(&group.turn, turn, &until, bell.bit_);
  }
}

void Chime::ring(Bell& bell) {
  Group& group = groups_[bell.group_];
  const auto bit = bell.bit_;
  // In this order: or another's flush() might wake the waiter before there is anything to see, and
  // ours would not know of it. The bell may be gone after the first.
  bell.is_rung_.store(true, std::memory_order_release);
  group.pending.fetch_or(bit, std::memory_order_acq_rel);
}

void Chime::flush() {
  for (Group& group : groups_) {
    const auto bits = group.pending.exchange(0, std::memory_order_acq_rel);
    if (bits == 0) continue;
    group.turn.fetch_add(1, std::memory_order_acq_rel);
    ::syscall(SYS_futex, &group.turn, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, nullptr, nullptr, bits);
  }
}

}  // namespace engine
