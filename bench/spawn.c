// The yardstick: a small static parent that starts a command and waits for it, unsandboxed.
//
//   spawn COMMAND [ARGUMENT...]
//
// One start for each byte on standard input, answered by a line "NANOSECONDS ok" or
// "NANOSECONDS wrong"; so a driver can run it in turns with what it is compared to. The time is
// from posix_spawn, with three file actions, to the end of waitpid.
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int main(int argc, char** argv) {
  posix_spawn_file_actions_t actions;
  if (argc < 2 || posix_spawn_file_actions_init(&actions) != 0) return 2;
  if (posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) != 0 ||
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) != 0 ||
      posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) != 0) {
    return 2;
  }
  char request;
  while (read(STDIN_FILENO, &request, 1) == 1) {
    pid_t child;
    int status = -1;
    const int64_t start = now();
    if (posix_spawn(&child, argv[1], &actions, NULL, argv + 1, environ) == 0) {
      while (waitpid(child, &status, 0) != child) {
      }
    }
    const int64_t end = now();
    const int good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    dprintf(STDOUT_FILENO, "%lld %s\n", (long long)(end - start), good ? "ok" : "wrong");
  }
  return 0;
}
