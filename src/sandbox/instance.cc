#include "sandbox/instance.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "sandbox/box_process.h"
#include "sandbox/os_error.h"

namespace engine::sandbox {
namespace {

constexpr unsigned kFirstId = 0x10000000;  // Above what login and subordinate ids use.
constexpr int kMaxInstances = 200;
static_assert(kFirstId + std::uint64_t{kMaxInstances} * kMaxBoxes * kIdsPerBox < 0xffff0000ULL);

}  // namespace

Result<Instance> claim_instance(const std::string& name) {
  if (::mkdir(kRunDirectory, 0755) != 0 && errno != EEXIST) {
    return os_error(std::string("make ") + kRunDirectory);
  }
  for (int number = 0; number < kMaxInstances; ++number) {
    const std::string path = std::string(kRunDirectory) + "/" + std::to_string(number) + ".lock";
    Fd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock.is_open()) return os_error("open " + path);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) continue;
    return Instance{number, name.empty() ? std::to_string(number) : name, std::move(lock)};
  }
  return Error{Errc::kUnavailable, "sandbox: 200 engines run on this host already", {}};
}

unsigned first_box_id(int instance, int box) {
  return kFirstId +
         (static_cast<unsigned>(instance) * kMaxBoxes + static_cast<unsigned>(box)) * kIdsPerBox;
}

}  // namespace engine::sandbox
