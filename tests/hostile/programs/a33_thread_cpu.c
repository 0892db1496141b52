/* wall-limit evasion: work spread over threads, which all spin */
#include <pthread.h>
static void* spin(void* nothing) { for (volatile unsigned long i = 0;; i++) {} return nothing; }
int main(void) {
  pthread_t thread;
  for (int i = 0; i < 4; ++i) pthread_create(&thread, 0, spin, 0);
  spin(0);
}
