#include "engine/slots.h"

namespace engine {

void Slots::take() {
  std::unique_lock lock(mutex_);
  ++waiting_;
  freed_.wait(lock, [this] { return free_ > 0; });
  --waiting_;
  --free_;
}

bool Slots::try_borrow() {
  const std::lock_guard lock(mutex_);
  if (!lends_ || free_ <= waiting_) return false;
  --free_;
  return true;
}

void Slots::give_back() {
  const std::lock_guard lock(mutex_);
  ++free_;
  freed_.notify_one();
}

bool Slots::is_wanted() const {
  const std::lock_guard lock(mutex_);
  return waiting_ > free_;
}

}  // namespace engine
