// Never ends by itself: `overrun spin` uses the processor, `overrun sleep` only the clock.
#include <string.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "spin") == 0) {
    for (volatile unsigned long turns = 0;; ++turns) {
    }
  }
  for (;;)
    pause();
}
