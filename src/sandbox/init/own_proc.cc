#include "sandbox/init/own_proc.h"

#include <cerrno>

#include <sys/mount.h>
#include <sys/syscall.h>

#include "sandbox/init/life_call.h"

namespace engine::sandbox::init {

// On top, as the kernel allows it only while another /proc is to be seen. Taking that one away from
// below would cost more than all else here: the kernel waits until no processor looks at it.
int show_own_processes() {
  constexpr unsigned long kFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  constexpr char kOptions[] = "hidepid=2,subset=pid";
  return life_call(SYS_mount, "proc", "/proc", "proc", kFlags, kOptions) == 0 ? 0 : errno;
}

}  // namespace engine::sandbox::init
