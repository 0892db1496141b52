#include "sandbox/init/own_proc.h"

#include <cerrno>

#include <sys/mount.h>

#include "sandbox/init/protocol.h"

namespace engine::sandbox::init {

// Elsewhere first, as the kernel allows it only while another /proc is to be seen; and not on top
// of that one, from where it could be taken away.
int show_own_processes() {
  constexpr unsigned long kFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  const bool done = mount("proc", wire::kScratch, "proc", kFlags, "hidepid=2,subset=pid") == 0 &&
                    umount2("/proc", MNT_DETACH | UMOUNT_NOFOLLOW) == 0 &&
                    mount(wire::kScratch, "/proc", nullptr, MS_MOVE, nullptr) == 0;
  return done ? 0 : errno;
}

}  // namespace engine::sandbox::init
