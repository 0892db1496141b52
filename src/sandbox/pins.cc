#include "sandbox/pins.h"

#include <algorithm>

namespace engine::sandbox {

Pins::Pins(int count) : owners_(static_cast<std::size_t>(count)) {}

bool Pins::is_next(int pin) const {
  return owners_[index(pin)] == *std::min_element(owners_.begin(), owners_.end());
}

}  // namespace engine::sandbox
