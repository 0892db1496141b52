// Adds so many jobs to a BullMQ queue and works them off, doing nothing in them: what the queue
// itself costs. Prints seconds and processor seconds of this process for either half as JSON.
//   bullmq URL JOBS THREADS
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>

#include "base/doorbell.h"
#include "queue/queue.h"

namespace engine {
namespace {

struct Spent {
  double seconds = 0;
  double processor = 0;
};

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Every thread does `step` until it says that there is no more.
template <typename Step>
Spent measure(int threads, Step step) {
  const auto begin = std::chrono::steady_clock::now();
  const double processor = processor_seconds();
  {
    std::vector<std::jthread> running;
    for (int thread = 0; thread < threads; ++thread)
      running.emplace_back([&] {
        while (step()) {
        }
      });
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  return {.seconds = taken.count(), .processor = processor_seconds() - processor};
}

[[noreturn]] void give_up(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  std::exit(1);
}

int run(const std::string& url, int jobs, int threads) {
  auto queue = make_bullmq_queue({.url = url});
  if (!queue) give_up(queue.error());
  Queue& jobs_queue = **queue;
  std::atomic<int> next = 0;
  const Spent adding = measure(threads, [&] {
    const int number = next++;
    if (number >= jobs) return false;
    const auto pushed = jobs_queue.push({.submission = {"job-" + std::to_string(number)}});
    if (!pushed) give_up(pushed.error());
    return true;
  });
  std::atomic<int> left = jobs;
  Doorbell all_are_done;
  const std::jthread closer([&] {
    all_are_done.wait();
    jobs_queue.close();
  });
  const Spent working = measure(threads, [&] {
    const auto lease = jobs_queue.take(Milliseconds{60'000});
    if (!lease) return false;
    jobs_queue.done_later(lease->ticket, "null", [&](const Status& done) {  // As the engine does.
      if (!done) give_up(done.error());
      if (--left == 0) all_are_done.ring();
    });
    return true;
  });
  std::printf(R"({"add": [%f, %f], "work": [%f, %f]})", adding.seconds, adding.processor,
              working.seconds, working.processor);
  return left == 0 ? 0 : 1;
}

}  // namespace
}  // namespace engine

int main(int count, char** words) {
  return count == 4 ? engine::run(words[1], std::atoi(words[2]), std::atoi(words[3])) : 2;
}
