// The queue as another program would use it, for tests that put it beside Node's BullMQ.
//   bullmq_tool URL push ID PRIORITY DELAY_MS
//   bullmq_tool URL look ID            where it is: unknown, waiting, leased, done, failed
//   bullmq_tool URL work ENDS [LEASE_MS]
// work takes jobs until it has ended so many, and does what their data says: {"fail": REASON},
// {"lose": true}, {"hang": true}; anything else is its own result. It prints a line for each step,
// and waits for a Redis that is away.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include <boost/json.hpp>

#include "queue/queue.h"

namespace engine {
namespace {

constexpr Milliseconds kPatience{30'000};

void say(const std::string& what, const std::string& about) {
  std::fprintf(stdout, "%s %s\n", what.c_str(), about.c_str());
  std::fflush(stdout);
}

template <typename T>
T sure(Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

// What was asked may have happened, and is then refused: the job is over all the same.
template <typename Call>
auto patient(Call call) {
  for (;;) {
    auto result = call();
    const bool away = !result && result.error().code == Errc::kUnavailable;
    if (!away) return result;
    std::this_thread::sleep_for(Milliseconds{20});
  }
}

void end(Queue& queue, const Queue::Lease& lease, const std::string& result) {
  const auto ended = patient([&] { return queue.done(lease.ticket, result); });
  if (!ended && ended.error().code != Errc::kConflict) sure(ended);
}

// True: the job is over.
bool work(Queue& queue, const Queue::Lease& lease) {
  const std::string& id = lease.submission.text;
  say("took", lease.request.empty() ? id : lease.request);
  if (lease.request.empty()) {
    end(queue, lease,
        boost::json::serialize(boost::json::object{
            {"ran", id}
    }));
    return true;
  }
  const auto request = boost::json::parse(lease.request).as_object();
  if (request.contains("hang")) std::this_thread::sleep_for(std::chrono::hours{1});
  if (const auto* reason = request.if_contains("fail")) {
    sure(queue.fail(lease.ticket, std::string(reason->as_string())));
    return true;
  }
  if (request.contains("lose")) {
    const bool again = sure(queue.hand_back(lease.ticket, Milliseconds{0}, Queue::Counted::kYes));
    say("lost", again ? "again" : "over");
    return !again;
  }
  queue.log(lease.ticket, "a line of the log");
  queue.progress(lease.ticket, R"({"test":1,"of":2})");
  end(queue, lease, lease.request);
  return true;
}

int run(int count, char** words) {
  BullmqOptions options{.url = words[1]};
  const std::string command = words[2];
  if (command == "work" && count > 4) {
    options.lease = Milliseconds{std::atoi(words[4])};
    options.stalled_interval = options.lease;
  }
  const auto queue = sure(make_bullmq_queue(options));
  const std::string argument = words[3];
  if (command == "push" && count == 6) {
    sure(queue->push({.submission = {argument},
                      .priority = std::atoi(words[4]),
                      .delay = Milliseconds{std::atoi(words[5])}}));
  } else if (command == "look") {
    const char* const kinds[] = {"unknown", "waiting", "leased", "done", "failed"};
    const auto place = sure(queue->look({{argument}})).front();
    say(kinds[static_cast<int>(place.kind)], place.reason);
  } else if (command == "work") {
    for (int ends = std::atoi(words[3]); ends > 0;)
      ends -= work(*queue, sure(patient([&] { return queue->take(kPatience); }))) ? 1 : 0;
  }
  return 0;
}

}  // namespace
}  // namespace engine

int main(int count, char** words) {
  return count < 4 ? 2 : engine::run(count, words);
}
