// How many submissions a second the PostgreSQL store accepts, on a server of its own that syncs to
// the disk, client and server on this machine.
//
//   store_postgres [COUNT] [WAITING]...
//
// COUNT submissions (50000) of 1 KiB are accepted for each number of clients that wait at once
// (64 and 1024): as soon as one is told, the next is handed in. A line for each of them.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <latch>
#include <semaphore>
#include <string>
#include <vector>

#include "base/random.h"
#include "store/store.h"
#include "store/testing/postgres_server.h"

namespace {

using engine::Result;
using engine::Store;
using engine::testing::PostgresServer;
using Seconds = std::chrono::duration<double>;

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "store_postgres: %s\n", why.c_str());
  std::exit(1);
}

engine::Submission submission() {
  return {
      .id = {engine::random_uuid()},
      .owner = {"bench"},
      .language = "cpp",
      .files = {{"main.cc", std::string(1'000, 'x')}},
      .entry = "main.cc",
      .tests = {{.name = "", .input = "1 2\n"}},
  };
}

double accepted_per_second(Store& store, int count, int waiting) {
  std::vector<engine::Submission> made;
  for (int i = 0; i < count; ++i)
    made.push_back(submission());
  std::counting_semaphore<> clients(waiting);
  std::latch all(count);
  const auto begin = std::chrono::steady_clock::now();
  for (auto& next : made) {
    clients.acquire();
    store.insert(std::move(next), std::nullopt, [&](const Result<Store::Inserted>& inserted) {
      if (!inserted) fail(inserted.error().message);
      clients.release();
      all.count_down();
    });
  }
  all.wait();
  return count / Seconds(std::chrono::steady_clock::now() - begin).count();
}

double load_average() {
  double average = 0;
  if (::getloadavg(&average, 1) != 1) fail("no load average");
  return average;
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 50'000;
  std::vector<int> waiting = {64, 1'024};
  if (argc > 2) waiting.clear();
  for (int i = 2; i < argc; ++i)
    waiting.push_back(std::atoi(argv[i]));

  PostgresServer server(PostgresServer::Disk::kDurable);
  server.make_database("bench");
  const double load = load_average();
  auto store = engine::make_postgres_store({.url = server.url("bench")}, engine::system_clock());
  if (!store) fail(store.error().message);
  accepted_per_second(**store, count / 10, waiting.front());  // Does not count.
  for (const int clients : waiting) {
    const double rate = accepted_per_second(**store, count, clients);
    std::printf("%d accepted, %d waiting: %.0f/s, load before %.2f\n", count, clients, rate, load);
  }
  return 0;
}
