#include "base/free_space.h"

#include <utility>

#include <sys/statvfs.h>

namespace engine {

FreeSpace::FreeSpace(std::string path, Bytes floor, const Clock& clock)
    : path_(std::move(path)),
      floor_(floor),
      clock_(clock),
      next_look_(clock.steady().time_since_epoch().count()) {}

bool FreeSpace::is_low() const {
  const SteadyTime now = clock_.steady();
  auto due = next_look_.load();
  const auto next = (now + std::chrono::seconds{1}).time_since_epoch().count();
  // Whoever moves the time on is the one who looks.
  if (now.time_since_epoch().count() >= due && next_look_.compare_exchange_strong(due, next)) {
    struct statvfs disk{};
    if (::statvfs(path_.c_str(), &disk) == 0) {
      is_low_ = disk.f_bavail * disk.f_frsize < static_cast<std::uint64_t>(floor_.count);
    }
  }
  return is_low_;
}

}  // namespace engine
