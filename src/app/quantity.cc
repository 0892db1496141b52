#include "app/quantity.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace engine::app {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr Unit kDurations[] = {
    {"ms", 1         },
    {"s",  1'000     },
    {"m",  60'000    },
    {"h",  3'600'000 },
    {"d",  86'400'000}
};
constexpr Unit kSizes[] = {
    {"",    1      },
    {"B",   1      },
    {"KiB", 1 << 10},
    {"MiB", 1 << 20},
    {"GiB", 1 << 30}
};

std::optional<std::int64_t> parse(std::string_view text, std::span<const Unit> units) {
  std::int64_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc{}) return std::nullopt;
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : units) {
    std::int64_t product = 0;
    if (unit.name == name && !__builtin_mul_overflow(number, unit.factor, &product)) return product;
  }
  return std::nullopt;
}

Error unreadable(std::string_view text, const char* examples) {
  return {Errc::kInvalid,
          "'" + std::string(text) + "' is not understood; write it like " + examples};
}

}  // namespace

Result<Milliseconds> parse_duration(std::string_view text) {
  if (const auto value = parse(text, kDurations)) return Milliseconds{*value};
  return unreadable(text, "250ms, 2s, 10m, 24h or 7d");
}

Result<Bytes> parse_size(std::string_view text) {
  if (const auto value = parse(text, kSizes)) return Bytes{*value};
  return unreadable(text, "4096, 64KiB, 256MiB or 2GiB");
}

}  // namespace engine::app
