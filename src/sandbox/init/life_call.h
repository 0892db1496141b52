#pragma once

#include <cstdint>
#include <type_traits>

// The system calls that making a life takes, which the filter denies to runs. It lies upon the
// mother for good, and knows who makes such a call by a key: a number that the mother draws, given
// as the sixth argument, which none of these calls has. Runs inherit the filter, and cannot guess
// 64 bits; spawners forget the key before they meet anything foreign.
namespace engine::sandbox::init {

// Draws a key that nobody else has. False with errno.
bool draw_life_key();
std::uint64_t life_key();
void forget_life_key();

// As syscall(), with the key as the sixth argument.
long keyed_call(long number, long first, long second, long third, long fourth, long fifth);

template <typename T>
long call_word(T value) {
  if constexpr (std::is_null_pointer_v<T>) {
    return 0;
  } else if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<long>(value);
  } else {
    return static_cast<long>(value);
  }
}

template <typename A, typename B = int, typename C = int, typename D = int, typename E = int>
long life_call(long number, A first, B second = 0, C third = 0, D fourth = 0, E fifth = 0) {
  return keyed_call(number, call_word(first), call_word(second), call_word(third),
                    call_word(fourth), call_word(fifth));
}

}  // namespace engine::sandbox::init
