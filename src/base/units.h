#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>

namespace engine {

using Milliseconds = std::chrono::milliseconds;
using Microseconds = std::chrono::microseconds;

// A count of bytes. No implicit way in or out, so 64 can never mean MiB by accident.
struct Bytes {
  std::int64_t count = 0;
  auto operator<=>(const Bytes&) const = default;
};
constexpr Bytes operator+(Bytes a, Bytes b) {
  return {a.count + b.count};
}
constexpr Bytes operator-(Bytes a, Bytes b) {
  return {a.count - b.count};
}

// An identifier that cannot be passed where another kind is meant.
template <typename Tag>
struct Id {
  std::string text;
  auto operator<=>(const Id&) const = default;
};

inline namespace literals {
constexpr Bytes operator""_B(unsigned long long n) {
  return {static_cast<std::int64_t>(n)};
}
constexpr Bytes operator""_KiB(unsigned long long n) {
  return {static_cast<std::int64_t>(n << 10)};
}
constexpr Bytes operator""_MiB(unsigned long long n) {
  return {static_cast<std::int64_t>(n << 20)};
}
constexpr Bytes operator""_GiB(unsigned long long n) {
  return {static_cast<std::int64_t>(n << 30)};
}
}  // namespace literals

}  // namespace engine
