#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

static char buffer[1 << 16];
static size_t at, have;

static int next_char() {
  if (at == have) {
    have = fread(buffer, 1, sizeof buffer, stdin);
    at = 0;
    if (have == 0) return -1;
  }
  return buffer[at++];
}

static int read_int() {
  int c = next_char(), sign = 1, v = 0;
  while (c != -1 && c != '-' && (c < '0' || c > '9')) c = next_char();
  if (c == '-') sign = -1, c = next_char();
  for (; c >= '0' && c <= '9'; c = next_char()) v = v * 10 + c - '0';
  return sign * v;
}

int main() {
  int n = read_int();
  long long sum = 0;
  for (int i = 0; i < n; ++i) sum += read_int();
  char text[32];
  snprintf(text, sizeof text, "%lld\n", sum);
  return write(1, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : 1;
}
