// What only the BullMQ queue does, seen from within: strangers' jobs, what Redis holds afterwards,
// and what the operator may set in Redis.
#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <set>
#include <vector>

#include <gmock/gmock.h>

#include "queue/testing/bullmq_fixture.h"

namespace engine::testing {
namespace {

using ::testing::HasSubstr;
using Kind = Queue::Place::Kind;
using Counted = Queue::Counted;

class Bullmq : public BullmqFixture {
 protected:
  std::unique_ptr<Queue> queue_ = make();
};

TEST_F(Bullmq, SaysWhoWroteFirstAndLeavesAnothersWord) {
  EXPECT_THAT(ask({"HGET", key("meta"), "version"}).text, HasSubstr("bullmq:"));
  ask({"HSET", key("meta"), "version", "bullmq:1"});
  make();
  EXPECT_EQ(ask({"HGET", key("meta"), "version"}).text, "bullmq:1");
}

TEST_F(Bullmq, TheResultIsTheReturnValue) {
  ASSERT_TRUE(queue_->push({.submission = {"a"}}));
  ASSERT_TRUE(queue_->done(take(*queue_).ticket, R"({"verdict":"accepted"})"));
  EXPECT_EQ(job("a", "returnvalue"), R"({"verdict":"accepted"})");
  EXPECT_EQ(job("a", "pb"), "execution-engine");
  EXPECT_EQ(look(*queue_, {"a"}).kind, Kind::kDone);
}

TEST_F(Bullmq, TheReasonOfAFailureIsKept) {
  ASSERT_TRUE(queue_->push({.submission = {"a"}}));
  ASSERT_TRUE(queue_->fail(take(*queue_).ticket, "no \"such\" language\n"));
  EXPECT_EQ(job("a", "failedReason"), "no \"such\" language\n");
  EXPECT_EQ(job("a", "stacktrace"), R"(["no \"such\" language\n"])");
  const auto place = look(*queue_, {"a"});
  EXPECT_EQ(place.kind, Kind::kFailed);
  EXPECT_EQ(place.reason, "no \"such\" language\n");
}

TEST_F(Bullmq, ProgressAndLogAreThereBeforeTheEnd) {
  ASSERT_TRUE(queue_->push({.submission = {"a"}}));
  const auto lease = take(*queue_);
  queue_->progress(lease.ticket, "1");
  EXPECT_TRUE(eventually([&] { return job("a", "progress") == "1"; }));
  for (const char* line : {"one", "two", "three"})
    queue_->log(lease.ticket, line);
  queue_->progress(lease.ticket, "2");
  ASSERT_TRUE(queue_->done(lease.ticket, "null"));
  EXPECT_EQ(job("a", "progress"), "2");
  const auto lines = ask({"LRANGE", key("a:logs"), "0", "-1"});
  ASSERT_EQ(lines.elements.size(), 3U);
  EXPECT_EQ(lines.at(0).text, "one");
  EXPECT_EQ(lines.at(2).text, "three");
}

TEST_F(Bullmq, FewLinesOfALogAreKept) {
  ASSERT_TRUE(queue_->push({.submission = {"a"}}));
  const auto lease = take(*queue_);
  for (int line = 1; line <= 50; ++line)
    queue_->log(lease.ticket, std::to_string(line));
  ASSERT_TRUE(queue_->done(lease.ticket, "null"));
  EXPECT_EQ(ask({"LLEN", key("a:logs")}).integer, 20);
}

TEST_F(Bullmq, AnOrphanedJobComesAgainWhenPushed) {
  ASSERT_TRUE(queue_->push({.submission = {"a"}}));
  ask({"DEL", key("prioritized")});
  ASSERT_TRUE(queue_->push({.submission = {"a"}}));
  EXPECT_EQ(take(*queue_).submission.text, "a");
}

TEST_F(Bullmq, OneProcessIsHeldToItsCapacityExactly) {
  auto options = this->options();
  options.capacity = 300;
  queue_ = make(options);
  std::atomic<int> accepted = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = thread; i < 400; i += 4) {
        const auto pushed = queue_->push({.submission = {"id-" + std::to_string(i)}});
        if (pushed) ++accepted;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(accepted, 300);
  EXPECT_EQ(ask({"ZCARD", key("prioritized")}).integer, 300);
}

TEST_F(Bullmq, ManyTakersAreOneWaiterInRedis) {
  const auto blocked = [&] {
    const std::string text = ask({"INFO", "clients"}).text;
    const std::string name = "blocked_clients:";
    return std::stoi(text.substr(text.find(name) + name.size()));
  };
  ASSERT_TRUE(eventually([&] { return blocked() == 0; })) << "of other tests";
  std::atomic<int> taken = 0;
  std::vector<std::jthread> takers;
  for (int n = 0; n < 8; ++n) {
    takers.emplace_back([&] {
      if (queue_->take(kLong)) ++taken;
    });
  }
  ASSERT_TRUE(eventually([&] { return blocked() > 0; }));
  for (int look = 0; look < 50; ++look)
    EXPECT_LE(blocked(), 1);
  for (int n = 0; n < 8; ++n)
    ASSERT_TRUE(queue_->push({.submission = {"id-" + std::to_string(n)}}));
  takers.clear();
  EXPECT_EQ(taken, 8);
}

TEST_F(Bullmq, OnlySoManyEndedJobsAreKept) {
  auto options = this->options();
  options.keep_completed.count = 2;
  options.keep_failed = {.count = 1, .age = std::chrono::hours{1}};
  queue_ = make(options);
  for (const char* id : {"a", "b", "c"}) {
    ASSERT_TRUE(queue_->push({.submission = {id}}));
    ASSERT_TRUE(queue_->done(take(*queue_).ticket, "null"));
  }
  for (const char* id : {"d", "e"}) {
    ASSERT_TRUE(queue_->push({.submission = {id}}));
    ASSERT_TRUE(queue_->fail(take(*queue_).ticket, "no"));
  }
  EXPECT_EQ(ask({"ZCARD", key("completed")}).integer, 2);
  EXPECT_EQ(ask({"ZCARD", key("failed")}).integer, 1);
  EXPECT_EQ(look(*queue_, {"a"}).kind, Kind::kUnknown);
}

TEST_F(Bullmq, TheListenerHearsOfEachStep) {
  std::mutex mutex;
  std::vector<Queue::Event> heard;
  queue_->watch([&](const Queue::Event& event) {
    const std::lock_guard lock(mutex);
    heard.push_back(event);
  });
  ASSERT_TRUE(queue_->push({.submission = {"a"}}));
  auto lease = take(*queue_);
  queue_->progress(lease.ticket, "{\"test\":1}");
  ASSERT_TRUE(queue_->done(lease.ticket, "[1]"));
  ASSERT_TRUE(queue_->push({.submission = {"b"}}));
  ASSERT_TRUE(queue_->fail(take(*queue_).ticket, "why"));
  const auto has = [&](Queue::Event::Kind kind, const char* id, const char* text) {
    return eventually([&] {
      const std::lock_guard lock(mutex);
      return std::ranges::any_of(heard, [&](const Queue::Event& event) {
        return event.kind == kind && event.submission.text == id && event.text == text;
      });
    });
  };
  EXPECT_TRUE(has(Queue::Event::Kind::kWaiting, "a", ""));
  EXPECT_TRUE(has(Queue::Event::Kind::kActive, "a", ""));
  EXPECT_TRUE(has(Queue::Event::Kind::kProgress, "a", "{\"test\":1}"));
  EXPECT_TRUE(has(Queue::Event::Kind::kCompleted, "a", "[1]"));
  EXPECT_TRUE(has(Queue::Event::Kind::kFailed, "b", "why"));
  queue_->watch({});
}

TEST_F(Bullmq, APausedQueueGivesNothingUntilItIsResumed) {
  ask({"HSET", key("meta"), "paused", "1"});
  ASSERT_TRUE(queue_->push({.submission = {"a"}}));
  EXPECT_EQ(queue_->take(kNow).error().code, Errc::kNotFound);
  auto taker = std::async(std::launch::async, [&] { return take(*queue_, kLong); });
  ask({"HDEL", key("meta"), "paused"});
  ask({"ZADD", key("marker"), "0", "0"});
  EXPECT_EQ(taker.get().submission.text, "a");
}

TEST_F(Bullmq, ARateLimitIsWaitedFor) {
  ask({"HSET", key("meta"), "max", "1", "duration", "200"});
  for (const char* id : {"a", "b", "c"})
    ASSERT_TRUE(queue_->push({.submission = {id}}));
  for (const char* id : {"a", "b", "c"})
    EXPECT_EQ(take(*queue_, kLong).submission.text, id);
}

TEST_F(Bullmq, UnderAGlobalLimitTheEndOfOneWakesTheTakerOfTheNext) {
  ask({"HSET", key("meta"), "concurrency", "1"});
  queue_ = make();
  const auto another = make();
  for (const char* id : {"a", "b"})
    ASSERT_TRUE(queue_->push({.submission = {id}}));
  const auto lease = take(*queue_);
  EXPECT_EQ(another->take(kNow).error().code, Errc::kNotFound);
  auto taker = std::async(std::launch::async, [&] { return take(*another, kLong); });
  ASSERT_TRUE(queue_->done(lease.ticket, "null"));
  EXPECT_EQ(taker.get().submission.text, "b");
}

TEST_F(Bullmq, TwoProcessesShareOneQueue) {
  const auto another = make();
  ASSERT_TRUE(queue_->push({.submission = {"a"}}));
  ASSERT_TRUE(queue_->push({.submission = {"b"}}));
  const auto first = take(*another);
  EXPECT_EQ(first.submission.text, "a");
  EXPECT_EQ(take(*queue_).submission.text, "b");
  EXPECT_EQ(look(*queue_, {"a"}).kind, Kind::kLeased);
  // A ticket is good for its own process only.
  EXPECT_EQ(queue_->done({first.ticket.text + "x"}, "null").error().code, Errc::kConflict);
  EXPECT_TRUE(another->done(first.ticket, "null"));
}

TEST_F(Bullmq, TheEndOfAJobBringsTheNextToASleeper) {
  constexpr int kJobs = 300;
  for (int i = 0; i < kJobs; ++i)
    ASSERT_TRUE(queue_->push({.submission = {"id-" + std::to_string(i)}}));
  std::mutex mutex;
  std::set<std::string> taken;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 12; ++thread) {
    threads.emplace_back([&] {
      while (const auto lease = queue_->take(kLong)) {
        EXPECT_TRUE(queue_->done(lease->ticket, "null"));
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(taken.insert(lease->submission.text).second);
        if (taken.size() == kJobs) queue_->close();
      }
    });
  }
  threads.clear();
  EXPECT_EQ(ask({"LLEN", key("active")}).integer, 0);
  EXPECT_EQ(ask({"ZCARD", key("completed")}).integer, kJobs);
}

TEST_F(Bullmq, WhoEndsAJobAndComesBackHasTheNext) {
  constexpr int kJobs = 200;
  for (int i = 0; i < kJobs; ++i)
    ASSERT_TRUE(queue_->push({.submission = {std::to_string(i)}}));
  std::atomic<int> ended = 0;
  for (int i = 0; i < kJobs; ++i) {
    const auto lease = take(*queue_);
    EXPECT_EQ(lease.submission.text, std::to_string(i));
    queue_->done_later(lease.ticket, "null",
                       [&](const Status& status) { ended += status ? 1 : 0; });
  }
  EXPECT_EQ(queue_->take(kNow).error().code, Errc::kNotFound);
  queue_.reset();
  EXPECT_EQ(ended, kJobs);
}

TEST_F(Bullmq, AJobForWhoDoesNotComeBackIsAnothers) {
  ASSERT_TRUE(queue_->push({.submission = {"a"}}));
  ASSERT_TRUE(queue_->push({.submission = {"b"}}));
  const auto another = make();
  const auto lease = take(*queue_);
  queue_->done_later(lease.ticket, "null", [](const Status& status) { EXPECT_TRUE(status); });
  EXPECT_EQ(take(*another, kLong).submission.text, "b");
}

class StrangersJob : public Bullmq {};

TEST_F(StrangersJob, ComesWithItsRequestAndAnIdThatStays) {
  add("7", R"({"language":"c"})");
  const auto lease = take(*queue_);
  EXPECT_EQ(lease.request, R"({"language":"c"})");
  EXPECT_EQ(look(*queue_, lease.submission).kind, Kind::kLeased);
  ASSERT_TRUE(queue_->hand_back(lease.ticket, kNow, Counted::kNo));
  EXPECT_EQ(look(*queue_, lease.submission).kind, Kind::kWaiting);
  const auto another = make();
  ASSERT_TRUE(another->push({.submission = lease.submission}));  // It is there already.
  const auto again = take(*another);
  EXPECT_EQ(again.submission, lease.submission);
  EXPECT_EQ(again.request, lease.request);
  ASSERT_TRUE(another->done(again.ticket, "{}"));
  EXPECT_EQ(job("7", "returnvalue"), "{}");
  EXPECT_EQ(another->take(kNow).error().code, Errc::kNotFound);
}

TEST_F(StrangersJob, MayBeTakenOutUnderTheIdThatItGot) {
  add("7", "{}");
  const auto lease = take(*queue_);
  ASSERT_TRUE(queue_->hand_back(lease.ticket, kNow, Counted::kNo));
  EXPECT_TRUE(queue_->remove(lease.submission));
  EXPECT_EQ(ask({"EXISTS", key("7")}).integer, 0);
}

TEST_F(StrangersJob, IsTriedAsOftenAsItAsks) {
  add("7", "{}", R"({"attempts":2})");
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(*queue_->hand_back(take(*queue_).ticket, kNow, Counted::kNo));
  EXPECT_TRUE(*queue_->hand_back(take(*queue_).ticket, kNow, Counted::kYes));
  EXPECT_FALSE(*queue_->hand_back(take(*queue_).ticket, kNow, Counted::kYes));
  EXPECT_TRUE(is_in("failed", "7"));
  EXPECT_EQ(queue_->take(kNow).error().code, Errc::kNotFound);
}

TEST_F(StrangersJob, WaitsAsLongAsItAsks) {
  add("7", "{}", R"({"attempts":2,"backoff":{"type":"fixed","delay":60000}})");
  EXPECT_TRUE(*queue_->hand_back(take(*queue_).ticket, kNow, Counted::kYes));
  EXPECT_TRUE(is_in("delayed", "7"));
}

TEST_F(StrangersJob, IsRemovedAtItsEndIfItAsks) {
  add("7", "{}", R"({"removeOnComplete":true})");
  add("8", "{}", R"({"removeOnFail":true})");
  ASSERT_TRUE(queue_->done(take(*queue_).ticket, "null"));
  ASSERT_TRUE(queue_->fail(take(*queue_).ticket, "no"));
  EXPECT_EQ(ask({"EXISTS", key("7"), key("8")}).integer, 0);
}

TEST_F(StrangersJob, GarbageIsFailedUnseen) {
  const std::vector<std::string> garbage = {"",
                                            "null",
                                            "[1]",
                                            "7",
                                            "{\"submissionId\":\"somebody-elses\"}",
                                            "{\"submissionId\":[]}",
                                            "{\"a\":\"\xff\xfe\"}",
                                            "{\"a\":\"\\udc00\"}",
                                            std::string(100'000, '{')};
  for (std::size_t i = 0; i < garbage.size(); ++i)
    add("garbage-" + std::to_string(i), garbage[i], "not json either");
  add("good", R"({"text":"\u0000 \ud83d\ude00 )"
              "\xf0\x9f\x98\x80"
              R"("})");
  EXPECT_EQ(take(*queue_).request, R"({"text":"\u0000 \ud83d\ude00 )"
                                   "\xf0\x9f\x98\x80"
                                   R"("})");
  EXPECT_EQ(ask({"ZCARD", key("failed")}).integer, static_cast<int>(garbage.size()));
  EXPECT_THAT(job("garbage-2", "failedReason"), HasSubstr("no JSON object"));
}

TEST_F(StrangersJob, HugeDataIsTakenUpToALimit) {
  auto options = this->options();
  options.largest_request = 8_MiB;
  queue_ = make(options);
  add("large", "{\"a\":\"" + std::string(7 << 20, 'x') + "\"}");
  add("too-large", "{\"a\":\"" + std::string(9 << 20, 'x') + "\"}");
  EXPECT_GT(take(*queue_).request.size(), std::size_t{7 << 20});
  EXPECT_EQ(queue_->take(kNow).error().code, Errc::kNotFound);
  EXPECT_THAT(job("too-large", "failedReason"), HasSubstr("larger"));
}

TEST_F(StrangersJob, HostileIdsAreIdsLikeAnyOther) {
  const std::string id = std::string("\r\n*3\r\n\0 \xff", 9) + "\xf0\x9f\x98\x80";
  add(id, "{}");
  ASSERT_TRUE(queue_->done(take(*queue_).ticket, "1"));
  EXPECT_EQ(job(id, "returnvalue"), "1");
}

}  // namespace
}  // namespace engine::testing
