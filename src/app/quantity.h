#pragma once

#include <string_view>

#include "base/result.h"
#include "base/units.h"

namespace engine::app {

// "250ms", "2s", "10m", "24h", "7d". A bare number is refused: nobody would know its unit.
Result<Milliseconds> parse_duration(std::string_view text);

// "4096", "64KiB", "256MiB", "2GiB". KB, MB and GB are refused: people mean two things by them.
Result<Bytes> parse_size(std::string_view text);

}  // namespace engine::app
