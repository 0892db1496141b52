/* looks for what an earlier run has left, in whatever could carry it over; then leaves all of it */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>
static const char* const places[] = {"/box/left", "/tmp/left", "/dev/shm/left", "/var/tmp/left", "/run/left"};
static void found(const char* what, int is) { if (is) printf("LEFT %s\n", what); }
static int others(void) { /* That it may see; process 1 it may or may not. */
  DIR* all = opendir("/proc");
  int count = 0;
  for (const struct dirent* entry; (entry = readdir(all)) != NULL;) {
    const int pid = atoi(entry->d_name);
    count += pid > 1 && pid != getpid();
  }
  closedir(all);
  return count;
}
int main(void) {
  const key_t key = 0x1ef7;
  sigset_t blocked, all;
  struct sched_param batch = {0};
  struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0left"};
  const socklen_t length = offsetof(struct sockaddr_un, sun_path) + 5;
  const int server = socket(AF_UNIX, SOCK_STREAM, 0), shared = open("/usr/bin/env", O_RDONLY);
  setvbuf(stdout, 0, _IONBF, 0);

  for (unsigned i = 0; i < sizeof(places) / sizeof(*places); ++i) found(places[i], access(places[i], F_OK) == 0);
  found("a segment", shmget(key, 0, 0) >= 0);
  found("semaphores", semget(key, 0, 0) >= 0);
  found("messages", msgget(key, 0) >= 0);
  found("an abstract socket", connect(server, (struct sockaddr*)&name, length) == 0);
  found("a process", others() > 0);
  found("a lock", flock(shared, LOCK_EX | LOCK_NB) != 0);
  found("a mask", umask(0) != 022);
  found("a priority", getpriority(PRIO_PROCESS, 0) != 0);
  found("a scheduler", sched_getscheduler(0) != SCHED_OTHER);
  found("blocked signals", sigprocmask(SIG_BLOCK, 0, &blocked) == 0 && memcmp(&blocked, &(sigset_t){0}, 8) != 0);
  found("an ignored signal", signal(SIGTERM, SIG_IGN) == SIG_IGN);
  found("a key", syscall(SYS_keyctl, 10, -4, "user", "left", 0) >= 0);

  for (unsigned i = 0; i < sizeof(places) / sizeof(*places); ++i) close(open(places[i], O_CREAT | O_WRONLY, 0666));
  shmget(key, 4096, IPC_CREAT | 0666), semget(key, 1, IPC_CREAT | 0666), msgget(key, IPC_CREAT | 0666);
  syscall(SYS_add_key, "user", "left", "x", 1, -4);
  sigfillset(&all), sigprocmask(SIG_SETMASK, &all, 0);
  setpriority(PRIO_PROCESS, 0, 10), sched_setscheduler(0, SCHED_BATCH, &batch);
  bind(server, (struct sockaddr*)&name, length), listen(server, 8);
  char box[64] = "";
  readlink("/proc/self/ns/pid", box, sizeof(box) - 1);
  puts(box);
  if (fork() == 0) { /* Keeps the socket and the lock. */
    setsid();
    if (fork()) _exit(0);
    for (;;) pause();
  }
  usleep(20000);
  return 0;
}
