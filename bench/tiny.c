// The program that every row of the sandbox table runs: an ordinary C program, linked statically.
#include <unistd.h>

int main(void) {
  return write(STDOUT_FILENO, "ok\n", 3) == 3 ? 0 : 1;
}
