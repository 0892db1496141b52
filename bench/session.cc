// The same submissions as `client` sends, without HTTP: to an engine in this process.
//
//   session LANGUAGE SOURCE-FILE EXPECTED-OUTPUT
//
// Each byte on standard input submits the source and waits for its end, and is answered by a line
// "NANOSECONDS ok" or "NANOSECONDS wrong". The engine is configured by the environment.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include <unistd.h>

#include "app/commands.h"
#include "app/local_session.h"

namespace {

using Clock = std::chrono::steady_clock;

int fail(const engine::Error& error) {
  std::fprintf(stderr, "session: %s\n", error.message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: session LANGUAGE SOURCE-FILE EXPECTED-OUTPUT\n", stderr);
    return 2;
  }
  std::ifstream in(argv[2], std::ios::binary);
  engine::SubmissionRequest request;
  request.language = argv[1];
  request.files.push_back({"", std::string(std::istreambuf_iterator<char>(in), {})});
  request.tests.emplace_back();
  auto config = engine::app::ConfigFlags().load();
  if (!config) return fail(config.error());
  auto session = engine::app::LocalSession::open(*std::move(config));
  if (!session) return fail(session.error());
  if (const auto started = (*session)->parts().engine().start(); !started) {
    return fail(started.error());
  }
  for (char byte = 0; ::read(STDIN_FILENO, &byte, 1) == 1;) {
    const auto start = Clock::now();
    const auto accepted = (*session)->submit(request);
    if (!accepted) return fail(accepted.error());
    const auto record = (*session)->await_end(accepted->id);
    const auto time = std::chrono::nanoseconds(Clock::now() - start);
    if (!record) return fail(record.error());
    const auto& outcome = (*record)->outcome;
    const bool good = outcome && outcome->verdict == engine::Verdict::kAccepted &&
                      outcome->runs.front().stdout_text.head == argv[3];
    std::printf("%lld %s\n", static_cast<long long>(time.count()), good ? "ok" : "wrong");
    std::fflush(stdout);
  }
}
