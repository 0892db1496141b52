/* takes all that the kernel gives one user, and keeps it: pages of pipes, timers, queued signals, watches */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#define TAKE(what, call) do { \
  int count = 0; \
  while (count < 100000 && (call) >= 0) ++count; \
  printf("%s %d then %s\n", what, count, count < 100000 ? strerror(errno) : "no end"); \
} while (0)
static int take_pipe(void) {
  int ends[2];
  return pipe(ends) < 0 ? -1 : fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
}
static int take_timer(void) {
  timer_t timer;
  return timer_create(CLOCK_MONOTONIC, 0, &timer);
}
int main(int argc, char** argv) {
  struct epoll_event event = {EPOLLIN, {0}};
  sigset_t all;
  sigfillset(&all), sigprocmask(SIG_BLOCK, &all, 0);
  setvbuf(stdout, 0, _IONBF, 0);
  TAKE("pipes", take_pipe());
  TAKE("inotify", inotify_init());
  TAKE("timers", take_timer());
  TAKE("signals", sigqueue(getpid(), SIGRTMIN, (union sigval){0}));
  TAKE("queues", mq_open("/left", O_CREAT | O_RDWR, 0600, 0));
  TAKE("epoll", epoll_create1(0));
  TAKE("watches", epoll_ctl(-1, EPOLL_CTL_ADD, 0, &event));
  puts("done");
  while (argc > 1) pause();
  return 0;
}
