// The program inside every box: small, static, in a sealed memory file. It is executed once for
// many lives of a box, as their mother; the spawner of each is forked from it.
#include "sandbox/init/mother.h"

// argv: name, cgroup mode as a digit, "strict" or nothing.
int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const auto mode = static_cast<engine::sandbox::CgroupMode>(argv[1][0] - '0');
  engine::sandbox::init::mother_main(mode, argc > 2);
}
