/* each process waits unkillably for the child that shares its memory; the last one waits for ever */
#define _GNU_SOURCE
#include <unistd.h>
static __attribute__((noinline)) void chain(void) {
  const pid_t child = vfork();
  if (child == 0) chain();
  for (;;) pause();
}
int main(void) {
  write(1, "start\n", 6);
  chain();
}
