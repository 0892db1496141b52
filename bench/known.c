// Uses as much processor time, or touches as much memory, as it is told: what reports are held to.
//
//   known loop TURNS             a loop of arithmetic
//   known walk MIB ROUNDS        writes to every cache line of so much memory, so often
//   known pipe COUNT             64 KiB into a pipe and out of it again, two system calls a time
//   known calls COUNT            system calls that do nothing
//   known filtered COUNT         the same under a filter that allows everything
//   known processes COUNT TURNS  so many children, four at a time, each with a loop
//   known threads COUNT TURNS    so many threads at once, each with a loop
//   known touch MIB              writes to every page of so much memory once
//   known share COUNT MIB        so many children at once, each of which touches so much
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void loop(long turns) {
  uint64_t state = 1;
  for (long i = 0; i < turns; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    __asm__ volatile("" : "+r"(state));  // Or the compiler sees that nobody wants it.
  }
}

static volatile char* memory(long mib) {
  void* start = mmap(NULL, (size_t)mib << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) _exit(1);
  return start;
}

static void walk(long mib, long rounds, long step) {
  volatile char* start = memory(mib);
  for (long round = 0; round < rounds; ++round) {
    for (long at = 0; at < mib << 20; at += step)
      ++start[at];
  }
}

static void through_pipe(long count) {
  static char block[65536];
  int ends[2];
  if (pipe(ends) != 0) _exit(1);
  for (long i = 0; i < count; ++i) {
    if (write(ends[1], block, sizeof(block)) != sizeof(block)) _exit(1);
    if (read(ends[0], block, sizeof(block)) != sizeof(block)) _exit(1);
  }
}

static void calls(long count) {
  for (long i = 0; i < count; ++i)
    syscall(SYS_getppid);
}

// The least that a filter can cost: the kernel remembers which calls it always allows.
static void filter(void) {
  struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog program = {1, allow};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) _exit(1);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) _exit(1);
}

static void reap(void) {
  int status = 0;
  if (wait(&status) < 0 || status != 0) _exit(1);
}

static void processes(long count, long turns) {
  for (long i = 0; i < count; ++i) {
    if (i >= 4) reap();
    const pid_t child = fork();
    if (child < 0) _exit(1);
    if (child == 0) {
      loop(turns);
      _exit(0);
    }
  }
  for (long i = 0; i < (count < 4 ? count : 4); ++i)
    reap();
}

static void* thread(void* turns) {
  loop(*(long*)turns);
  return NULL;
}

static void threads(long count, long turns) {
  pthread_t all[64];
  if (count > 64) _exit(1);
  for (long i = 0; i < count; ++i) {
    if (pthread_create(&all[i], NULL, thread, &turns) != 0) _exit(1);
  }
  for (long i = 0; i < count; ++i)
    pthread_join(all[i], NULL);
}

// None ends before all have touched theirs.
static void share(long count, long mib) {
  int done[2];
  int over[2];
  if (pipe(done) != 0 || pipe(over) != 0) _exit(1);
  for (long i = 0; i < count; ++i) {
    const pid_t child = fork();
    if (child < 0) _exit(1);
    if (child == 0) {
      char byte = 0;
      close(over[1]);
      walk(mib, 1, 4096);
      if (write(done[1], &byte, 1) != 1) _exit(1);
      _exit(read(over[0], &byte, 1) == 0 ? 0 : 1);
    }
  }
  char byte;
  for (long i = 0; i < count; ++i) {
    if (read(done[0], &byte, 1) != 1) _exit(1);
  }
  close(over[1]);
  for (long i = 0; i < count; ++i)
    reap();
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const char* what = argv[1];
  const long first = atol(argv[2]);
  const long second = argc > 3 ? atol(argv[3]) : 0;
  if (strcmp(what, "loop") == 0) {
    loop(first);
  } else if (strcmp(what, "walk") == 0) {
    walk(first, second, 64);
  } else if (strcmp(what, "pipe") == 0) {
    through_pipe(first);
  } else if (strcmp(what, "calls") == 0) {
    calls(first);
  } else if (strcmp(what, "filtered") == 0) {
    filter();
    calls(first);
  } else if (strcmp(what, "processes") == 0) {
    processes(first, second);
  } else if (strcmp(what, "threads") == 0) {
    threads(first, second);
  } else if (strcmp(what, "touch") == 0) {
    walk(first, 1, 4096);
  } else if (strcmp(what, "share") == 0) {
    share(first, second);
  } else {
    return 2;
  }
  return write(STDOUT_FILENO, "ok\n", 3) == 3 ? 0 : 1;
}
