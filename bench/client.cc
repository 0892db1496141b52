// One client of the HTTP API, in turns with what it is compared to.
//
//   client PORT LANGUAGE SOURCE-FILE EXPECTED-OUTPUT
//
// Each byte on standard input submits the source, with a new number for each @ in it, and
// wait=true over one kept connection, and is
// answered by a line "NANOSECONDS ok" or "NANOSECONDS wrong ANSWER". The time is from the first
// byte sent to the last byte of the answer; its verdict and its output are checked afterwards.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <unistd.h>

#include "connection.h"

using Clock = std::chrono::steady_clock;

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: client PORT LANGUAGE SOURCE-FILE EXPECTED-OUTPUT\n", stderr);
    return 2;
  }
  std::ifstream in(argv[3], std::ios::binary);
  const std::string source(std::istreambuf_iterator<char>(in), {});
  const std::string body =
      "{\"language\":" + bench::quoted(argv[2]) + ",\"source\":" + bench::quoted(source) + "}";
  const int socket = bench::connect_to(std::atoi(argv[1]));
  for (char byte = 0; ::read(STDIN_FILENO, &byte, 1) == 1;) {
    const std::string request =
        bench::post("/api/v1/submissions?wait=true&timeoutMs=60000", bench::numbered(body));
    const auto start = Clock::now();
    const bench::Answer answer = bench::exchange(socket, request);
    const auto time = std::chrono::nanoseconds(Clock::now() - start);
    const bool good = bench::accepted(answer, argv[4]);
    std::printf("%lld %s%s\n", static_cast<long long>(time.count()), good ? "ok" : "wrong ",
                good ? "" : answer.body.c_str());
    std::fflush(stdout);
  }
}
