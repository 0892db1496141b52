#include "sandbox/init/oom_score.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace engine::sandbox::init {

bool OomScore::open() {
  prctl(PR_SET_DUMPABLE, 1);
  file_ = ::open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
  prctl(PR_SET_DUMPABLE, 0);
  if (file_ < 0) return false;
  size_ = static_cast<int>(pread(file_, found_, sizeof(found_), 0));
  return size_ > 0;
}

bool OomScore::volunteer() const {
  return pwrite(file_, "1000", 4, 0) == 4;
}

// Where that fails the mother goes before others, too, and a box is made anew.
void OomScore::restore() const {
  static_cast<void>(pwrite(file_, found_, static_cast<unsigned>(size_), 0));
}

}  // namespace engine::sandbox::init
