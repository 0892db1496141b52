// The yardstick: a small static parent that starts a command and waits for it, unsandboxed.
//
//   spawn COMMAND [ARGUMENT...]
//
// Each byte on standard input is one request, answered by a line "NANOSECONDS ok" or "NANOSECONDS
// wrong"; so a driver can run it in turns with what it is compared to:
//   r  one start: the time is from posix_spawn, with three file actions, to the end of the wait
//   c  one start: the processor time of the command and of all that it has started and waited for
//   t  starts without a pause for two seconds, in two processes side by side: the time is the
//      seconds by the number of starts
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t nanoseconds(struct timeval t) {
  return ((int64_t)t.tv_sec * 1000000 + t.tv_usec) * 1000;
}

static const int64_t slice = 2000000000;

static posix_spawn_file_actions_t actions;

static int start_and_wait(char** command, struct rusage* used) {
  pid_t child;
  int status = -1;
  if (posix_spawn(&child, command[0], &actions, NULL, command, environ) == 0) {
    while (wait4(child, &status, 0, used) != child) {
    }
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// How many starts went well until `end`; 0 if one did not.
static int64_t count_until(int64_t end, char** command) {
  int64_t count = 0;
  for (; now() < end; ++count) {
    if (!start_and_wait(command, NULL)) return 0;
  }
  return count;
}

// 0 if one start did not go well.
static int64_t time_side_by_side(char** command) {
  int ends[2];
  if (pipe(ends) != 0) _exit(2);
  const int64_t start = now();
  const pid_t second = fork();
  const int64_t count = count_until(start + slice, command);
  if (second == 0) _exit(write(ends[1], &count, sizeof(count)) != sizeof(count));
  int64_t others = 0;
  if (second < 0 || read(ends[0], &others, sizeof(others)) != sizeof(others)) _exit(2);
  waitpid(second, NULL, 0);
  const int64_t end = now();
  close(ends[0]);
  close(ends[1]);
  return count > 0 && others > 0 ? (end - start) / (count + others) : 0;
}

int main(int argc, char** argv) {
  if (argc < 2 || posix_spawn_file_actions_init(&actions) != 0) return 2;
  if (posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) != 0 ||
      posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) != 0 ||
      posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) != 0) {
    return 2;
  }
  char request;
  while (read(STDIN_FILENO, &request, 1) == 1) {
    int64_t figure = 0;
    int good = 0;
    if (request == 't') {
      figure = time_side_by_side(argv + 1);
      good = figure > 0;
    } else {
      struct rusage used = {0};
      const int64_t start = now();
      good = start_and_wait(argv + 1, &used);
      figure = now() - start;
      if (request == 'c') figure = nanoseconds(used.ru_utime) + nanoseconds(used.ru_stime);
    }
    dprintf(STDOUT_FILENO, "%lld %s\n", (long long)figure, good ? "ok" : "wrong");
  }
  return 0;
}
