/* memory that no process maps: memory files that are only written, or segments that are detached again */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>
enum { kPart = 4 << 20 };
static char part[kPart];
int main(int argc, char** argv) {
  memset(part, 1, sizeof(part));
  for (;;) {
    if (argc > 1 && strcmp(argv[1], "segments") == 0) {
      const int id = shmget(IPC_PRIVATE, kPart, IPC_CREAT | 0600);
      char* segment = id < 0 ? (char*)-1 : shmat(id, 0, 0);
      if (segment == (char*)-1) return 3;
      memcpy(segment, part, kPart);
      shmdt(segment);
    } else if (write(memfd_create("part", 0), part, kPart) != kPart) {
      return 3;
    }
  }
}
