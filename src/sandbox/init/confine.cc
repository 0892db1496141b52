#include "sandbox/init/confine.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace engine::sandbox::init {
namespace {

bool limit(__rlimit_resource resource, rlim_t most) {
  rlimit now{};
  if (prlimit(0, resource, nullptr, &now) != 0) return false;
  if (most > now.rlim_max) most = now.rlim_max;
  const rlimit next = {most, most};
  return prlimit(0, resource, &next, nullptr) == 0;
}

}  // namespace

bool set_fixed_limits() {
  return limit(RLIMIT_CORE, 1)  // Unlike 0, 1 also keeps a piped core_pattern from its helper.
         && limit(RLIMIT_MEMLOCK, 0) && limit(RLIMIT_MSGQUEUE, 0) && limit(RLIMIT_NICE, 0) &&
         limit(RLIMIT_RTPRIO, 0) && limit(RLIMIT_SIGPENDING, 256);
}

bool install_filter(const SeccompFilter& filter) {
  const sock_fprog program = {filter.count, const_cast<sock_filter*>(filter.rules)};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

}  // namespace engine::sandbox::init
