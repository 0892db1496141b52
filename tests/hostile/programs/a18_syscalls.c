/* kernel surface that no program needs, and other tables of calls to get round a filter of numbers */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static char zeros[4096];
static void try(const char* what, long result) { if (result >= 0) printf("REACHED %s\n", what); }
static long by_i386(void) { /* getpid */
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
  return result;
}
static long by_x32(void) { return syscall(0x40000000 | SYS_getpid); }
static void try_table(const char* what, long (*call)(void)) {
  int status = 0;
  const pid_t child = fork();
  if (child == 0) _exit(call() > 0 ? 0 : 1);
  waitpid(child, &status, 0); /* A filter may kill it. */
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) printf("REACHED %s\n", what);
}
int main(void) {
  setvbuf(stdout, 0, _IONBF, 0);
  try("bpf", syscall(SYS_bpf, 0, zeros, 64));
  try("perf_event_open", syscall(SYS_perf_event_open, zeros, 0, -1, -1, 0));
  try("userfaultfd", syscall(SYS_userfaultfd, 1));
  try("io_uring_setup", syscall(425, 4, zeros));
  try("kexec_load", syscall(SYS_kexec_load, 0, 0, 0, 0));
  try("init_module", syscall(SYS_init_module, zeros, 16, ""));
  try("finit_module", syscall(SYS_finit_module, 0, "", 0));
  struct { unsigned bytes; int type; char handle[128]; } handle = {128, 1, {0}};
  int mount = 0;
  try("name_to_handle_at", syscall(SYS_name_to_handle_at, AT_FDCWD, "/", &handle, &mount, 0));
  handle.bytes = 8, handle.handle[0] = 2; /* Inode 2, often the root of the host's disk. */
  try("open_by_handle_at", syscall(SYS_open_by_handle_at, open("/", O_RDONLY), &handle, O_RDONLY));
  try("add_key", syscall(SYS_add_key, "user", "x", "x", 1, -4));
  try("request_key", syscall(SYS_request_key, "user", "x", 0, -4));
  try("keyctl", syscall(SYS_keyctl, 0, -4, 1));
  const int families[] = {AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_ALG, AF_VSOCK, AF_BLUETOOTH, AF_CAN, 44 /* XDP */};
  for (unsigned i = 0; i < sizeof(families) / sizeof(*families); ++i) {
    try("socket", socket(families[i], SOCK_DGRAM, 0));
    try("raw socket", socket(families[i], SOCK_RAW, 0));
    try("sequence socket", socket(families[i], SOCK_SEQPACKET, 0));
  }
  struct timeval now;
  struct timespec exactly;
  gettimeofday(&now, 0), clock_gettime(CLOCK_REALTIME, &exactly);
  try("settimeofday", settimeofday(&now, 0));
  try("clock_settime", clock_settime(CLOCK_REALTIME, &exactly));
  try("swapon", syscall(SYS_swapon, "/box/x", 0));
  try("acct", syscall(SYS_acct, "/box/x"));
  try("syslog", syscall(SYS_syslog, 3, zeros, sizeof(zeros)));
  try("sethostname", sethostname("x", 1));
  try("iopl", syscall(SYS_iopl, 3));
  try("ioperm", syscall(SYS_ioperm, 0x80, 1, 1));
  try("fanotify", syscall(SYS_fanotify_init, 0, 0));
  try_table("int 0x80", by_i386);
  try_table("x32", by_x32);
  puts("done");
  return 0;
}
