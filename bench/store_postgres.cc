// How many submissions a second the PostgreSQL store accepts, on a server of its own that syncs to
// the disk, client and server on this machine.
//
//   store_postgres COUNT WAITING
//
// COUNT submissions of 1 KiB are accepted while WAITING clients wait at once: as soon as one is
// told, the next is handed in. Prints the rate.
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
    store.insert(std::move(next), std::nullopt, nullptr,
                 [&](const Result<Store::Inserted>& inserted) {
                   if (!inserted) fail(inserted.error().message);
                   clients.release();
                   all.count_down();
                 });
  }
  all.wait();
  return count / Seconds(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) fail("usage: store_postgres COUNT WAITING");
  const int count = std::atoi(argv[1]);
  const int waiting = std::atoi(argv[2]);
  PostgresServer server(PostgresServer::Disk::kDurable);
  server.make_database("bench");
  auto store = engine::make_postgres_store({.url = server.url("bench")}, engine::system_clock());
  if (!store) fail(store.error().message);
  accepted_per_second(**store, count / 10, waiting);  // Does not count.
  std::printf("%.0f\n", accepted_per_second(**store, count, waiting));
  return 0;
}
