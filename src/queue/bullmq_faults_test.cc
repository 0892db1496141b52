// What the BullMQ queue does when something breaks: locks, keys, scripts, connections, Redis.
#include <array>
#include <atomic>
#include <future>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"
#include "queue/testing/bullmq_fixture.h"

namespace engine::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Kind = Queue::Place::Kind;
using Counted = Queue::Counted;

class BullmqFaults : public BullmqFixture {
 protected:
  // Locks end soon, and are looked after often; by these alone, as whoever looks once decides when
  // the next may.
  BullmqOptions hasty(int most_stalled = 1) {
    queue_.reset();
    ask({"DEL", key("stalled-check")});
    auto options = this->options();
    options.lease = Milliseconds{150};
    options.stalled_interval = Milliseconds{50};
    options.most_stalled = most_stalled;
    return options;
  }

  std::unique_ptr<Queue> queue_ = make();
};

TEST_F(BullmqFaults, ALockThatIsGoneIsAConflict) {
  for (const char* id : {"a", "b", "c", "d"})
    ASSERT_TRUE(queue_->push({.submission = {id}}));
  std::vector<Queue::Lease> leases;
  for (const char* id : {"a", "b", "c", "d"}) {
    leases.push_back(take(*queue_));
    ask({"DEL", key(std::string(id) + ":lock")});
  }
  EXPECT_EQ(queue_->renew(leases[0].ticket).error().code, Errc::kConflict);
  EXPECT_EQ(queue_->done(leases[1].ticket, "null").error().code, Errc::kConflict);
  EXPECT_EQ(queue_->fail(leases[2].ticket, "no").error().code, Errc::kConflict);
  EXPECT_EQ(queue_->hand_back(leases[3].ticket, kNow, Counted::kNo).error().code, Errc::kConflict);
}

TEST_F(BullmqFaults, WhatWasToEndHasEndedWhenTheQueueIsGone) {
  ASSERT_TRUE(queue_->push({.submission = {"a"}}));
  const auto lease = take(*queue_);
  std::atomic<bool> ended = false;
  queue_->done_later(lease.ticket, "null",
                     [&](const Status& status) { ended = status.has_value(); });
  queue_.reset();
  EXPECT_TRUE(ended);
  EXPECT_TRUE(is_in("completed", "a"));
}

TEST_F(BullmqFaults, ALockOfAnotherIsAConflict) {
  ASSERT_TRUE(queue_->push({.submission = {"a"}}));
  const auto lease = take(*queue_);
  ask({"SET", key("a:lock"), "another"});
  EXPECT_EQ(queue_->renew(lease.ticket).error().code, Errc::kConflict);
  EXPECT_EQ(queue_->done(lease.ticket, "null").error().code, Errc::kConflict);
}

TEST_F(BullmqFaults, AJobThatVanishedIsAConflict) {
  ASSERT_TRUE(queue_->push({.submission = {"a"}}));
  const auto lease = take(*queue_);
  ask({"DEL", key("a")});
  queue_->progress(lease.ticket, "1");
  EXPECT_EQ(queue_->done(lease.ticket, "null").error().code, Errc::kConflict);
}

TEST_F(BullmqFaults, AWaitingJobThatVanishedIsFailedUnseen) {
  ASSERT_TRUE(queue_->push({.submission = {"a"}}));
  ask({"DEL", key("a")});
  EXPECT_EQ(queue_->take(kNow).error().code, Errc::kNotFound);
  EXPECT_EQ(look(*queue_, {"a"}).kind, Kind::kFailed);
  ASSERT_TRUE(queue_->push({.submission = {"a"}}));
  EXPECT_EQ(take(*queue_).submission.text, "a");
}

TEST_F(BullmqFaults, AJobWhoseWorkerIsLostComesAgain) {
  auto options = hasty();
  std::atomic<int> told = 0;  // By whichever of the two noticed.
  options.on_worker_lost = [&] { ++told; };
  const auto lost = make(options);
  ASSERT_TRUE(lost->push({.submission = {"a"}}));
  const auto lease = take(*lost);
  const auto another = make(options);
  EXPECT_EQ(take(*another, kLong).submission.text, "a");
  EXPECT_TRUE(eventually([&] { return told > 0; }));
  EXPECT_EQ(lost->done(lease.ticket, "null").error().code, Errc::kConflict);
}

TEST_F(BullmqFaults, ARenewedLeaseIsNotLost) {
  auto options = hasty();
  options.lease = Milliseconds{600};  // A loaded machine may keep a thread waiting for long.
  const auto holder = make(options);
  ASSERT_TRUE(holder->push({.submission = {"a"}}));
  const auto lease = take(*holder);
  // Until the lock has outlived itself, and the job was looked at since.
  const auto twice = std::chrono::steady_clock::now() + 2 * options.lease;
  const auto renew_until = [&](auto condition) {
    return eventually([&] {
      EXPECT_TRUE(holder->renew(lease.ticket));
      return condition();
    });
  };
  const auto is_looked_at = [&] { return ask({"EXISTS", key("stalled-check")}).integer == 1; };
  ASSERT_TRUE(renew_until([&] { return std::chrono::steady_clock::now() > twice; }));
  ASSERT_TRUE(renew_until([&] { return !is_looked_at(); }));
  ASSERT_TRUE(renew_until(is_looked_at));
  EXPECT_TRUE(holder->done(lease.ticket, "null"));
}

TEST_F(BullmqFaults, AJobThatIsLostTooOftenHasFailed) {
  const auto taker = make(hasty(0));
  ASSERT_TRUE(taker->push({.submission = {"a"}}));
  take(*taker);
  auto takes = std::async(std::launch::async, [&] { return taker->take(kLong); });
  EXPECT_TRUE(eventually([&] { return look(*taker, {"a"}).kind == Kind::kFailed; }));
  EXPECT_EQ(look(*taker, {"a"}).reason, "job stalled more than allowable limit");
  taker->close();
  EXPECT_EQ(takes.get().error().code, Errc::kNotFound);
}

TEST_F(BullmqFaults, KeysOfAnotherTypeAreErrorsAndNoMore) {
  ASSERT_TRUE(queue_->push({.submission = {"a"}}));
  const auto lease = take(*queue_);
  for (const char* suffix :
       {"wait", "active", "prioritized", "delayed", "completed", "failed", "marker", "meta",
        "events", "stalled", "pc", "id", "limiter", "a", "a:lock", "execution-engine:strangers"}) {
    ask({"DEL", key(suffix)});
    ask({"SET", key(suffix), "text"});
    ask({"SADD", key(suffix), "member"});
  }
  queue_->watch([](const Queue::Event&) {});
  EXPECT_FALSE(queue_->push({.submission = {"b"}}));
  EXPECT_FALSE(queue_->take(kNow));
  EXPECT_FALSE(queue_->take(Milliseconds{20}));
  EXPECT_FALSE(queue_->renew(lease.ticket));
  EXPECT_FALSE(queue_->look({{"a"}}));
  EXPECT_FALSE(queue_->remove({"a"}));
  queue_->progress(lease.ticket, "1");
  queue_->counts();
  EXPECT_FALSE(queue_->done(lease.ticket, "null"));
}

// A Redis of its own, which may come to harm.
class BullmqOutage : public BullmqFaults {
 protected:
  BullmqOptions impatient() const {
    BullmqOptions options{.url = own_.url("q")};
    options.command_timeout = Milliseconds{300};
    options.connect_timeout = Milliseconds{300};
    return options;
  }

  RedisServer own_{RedisServer::Data::kOnDisk};
};

TEST_F(BullmqOutage, ScriptsThatRedisForgotAreSentAgain) {
  const auto queue = make(impatient());
  const auto forget = [&] { own_.ask({"SCRIPT", "FLUSH"}); };
  forget();
  ASSERT_TRUE(queue->push({.submission = {"a"}}));
  forget();
  const auto lease = take(*queue);
  forget();
  ASSERT_TRUE(queue->renew(lease.ticket));
  queue->log(lease.ticket, "line");
  forget();
  ASSERT_TRUE(queue->done(lease.ticket, "null"));
  forget();
  EXPECT_EQ(look(*queue, {"a"}).kind, Kind::kDone);
}

TEST_F(BullmqOutage, ACutConnectionIsNotNoticed) {
  const auto queue = make(impatient());
  ASSERT_TRUE(queue->push({.submission = {"a"}}));
  const auto lease = take(*queue);
  // A line that is cut in its first wait is reported, and opened again by the next take.
  auto taker = std::async(std::launch::async, [&] {
    auto taken = queue->take(kLong);
    for (int cuts = 0; !taken && cuts < 4; ++cuts)
      taken = queue->take(kLong);
    return taken;
  });
  // Only lines in use are cut: one that is cut while it is opened says that Redis is away.
  const auto cut = [&] {
    ASSERT_TRUE(eventually([&] {
      return own_.ask({"INFO", "clients"}).text.find("blocked_clients:1\r") != std::string::npos;
    }));
    own_.ask({"CLIENT", "KILL", "TYPE", "normal"});
  };
  for (int i = 0; i < 3; ++i) {
    cut();
    EXPECT_TRUE(queue->renew(lease.ticket));
  }
  cut();
  EXPECT_TRUE(queue->done(lease.ticket, "null"));
  EXPECT_TRUE(eventually([&] { return queue->push({.submission = {"b"}}).has_value(); }));
  const auto taken = taker.get();
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->submission.text, "b");
}

TEST_F(BullmqOutage, EventsGoOnWhereTheyWereCut) {
  const auto queue = make(impatient());
  std::atomic<int> heard = 0;
  queue->watch([&](const Queue::Event& event) {
    if (event.kind == Queue::Event::Kind::kWaiting) ++heard;
  });
  for (int i = 0; i < 20; ++i) {
    own_.ask({"CLIENT", "KILL", "TYPE", "normal"});
    ASSERT_TRUE(
        eventually([&] { return queue->push({.submission = {std::to_string(i)}}).has_value(); }));
  }
  EXPECT_TRUE(eventually([&] { return heard == 20; }));
}

TEST_F(BullmqOutage, NothingThatWasAcceptedIsLostWithRedis) {
  const auto queue = make(impatient());
  std::set<std::string> accepted;
  const auto push = [&](int from, int to) {
    for (int i = from; i < to; ++i) {
      const std::string id = "id-" + std::to_string(i);
      const auto pushed = queue->push({.submission = {id}, .delay = Milliseconds{i % 3}});
      if (pushed) accepted.insert(id);
    }
  };
  push(0, 50);
  auto killer = std::async(std::launch::async, [&] { own_.kill(); });
  push(50, 100);
  killer.get();
  EXPECT_EQ(queue->push({.submission = {"z"}}).error().code, Errc::kUnavailable);
  EXPECT_EQ(queue->take(kLong).error().code, Errc::kUnavailable);
  EXPECT_EQ(queue->look({{"z"}}).error().code, Errc::kUnavailable);
  own_.start();
  ASSERT_TRUE(eventually([&] { return queue->push({.submission = {"last"}}).has_value(); }));
  accepted.insert("last");
  std::set<std::string> taken;
  EXPECT_TRUE(eventually([&] {
    if (const auto lease = queue->take(kNow)) {
      EXPECT_TRUE(queue->done(lease->ticket, "null"));
      taken.insert(lease->submission.text);
    }
    return std::ranges::includes(taken, accepted);
  }));
}

TEST_F(BullmqOutage, ALeaseOutlivesAShortOutage) {
  const auto queue = make(impatient());
  ASSERT_TRUE(queue->push({.submission = {"a"}}));
  const auto lease = take(*queue);
  own_.kill();
  EXPECT_EQ(queue->renew(lease.ticket).error().code, Errc::kUnavailable);
  EXPECT_EQ(queue->done(lease.ticket, "null").error().code, Errc::kUnavailable);
  own_.start();
  EXPECT_TRUE(eventually([&] { return queue->renew(lease.ticket).has_value(); }));
  EXPECT_TRUE(queue->done(lease.ticket, "null"));
}

TEST_F(BullmqOutage, AnEndThatRedisCannotTakeIsToldSo) {
  const auto queue = make(impatient());
  ASSERT_TRUE(queue->push({.submission = {"a"}}));
  ASSERT_TRUE(queue->push({.submission = {"b"}}));
  const std::array leases{take(*queue), take(*queue)};
  own_.pause();
  for (const auto& lease : leases) {  // The second finds Redis known to be away.
    std::promise<Errc> ended;
    queue->done_later(lease.ticket, "null", [&](const Status& status) {
      ended.set_value(status ? Errc::kInternal : status.error().code);
    });
    EXPECT_EQ(ended.get_future().get(), Errc::kUnavailable);
  }
  own_.resume();
}

TEST_F(BullmqOutage, ARedisThatHangsIsAwayUntilItAnswers) {
  const auto queue = make(impatient());
  own_.pause();
  EXPECT_EQ(queue->push({.submission = {"a"}}).error().code, Errc::kUnavailable);
  EXPECT_EQ(queue->push({.submission = {"a"}}).error().code, Errc::kUnavailable);
  own_.resume();
  ASSERT_TRUE(eventually([&] { return queue->push({.submission = {"a"}}).has_value(); }));
  EXPECT_EQ(take(*queue, kLong).submission.text, "a");
}

TEST_F(BullmqOutage, CloseWakesTheTakerOfARedisThatHangs) {
  const auto queue = make(impatient());
  auto taker = std::async(std::launch::async, [&] { return queue->take(kLong); });
  own_.pause();
  queue->close();
  EXPECT_FALSE(taker.get());
  own_.resume();
}

TEST(BullmqStart, SaysWhatIsWrong) {
  const auto nobody = make_bullmq_queue({.url = "unix:/nowhere/redis.sock"});
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, Errc::kUnavailable);
  EXPECT_THAT(nobody.error().message, HasSubstr("/nowhere/redis.sock cannot be reached"));

  const RedisServer locked(RedisServer::Data::kInMemory, {"--requirepass", "sesame"});
  const auto path = locked.address().path;
  const auto without = make_bullmq_queue({.url = "unix:" + path});
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code, Errc::kInvalid);
  EXPECT_THAT(without.error().message, HasSubstr("NOAUTH"));
  const auto wrong = make_bullmq_queue({.url = "unix://:open@" + path});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Errc::kInvalid);
  EXPECT_THAT(wrong.error().message, Not(HasSubstr("open")));
  EXPECT_TRUE(make_bullmq_queue({.url = "unix://:sesame@" + path + "?db=3"}));
  EXPECT_FALSE(make_bullmq_queue({.url = "unix://:sesame@" + path + "?db=99"}));
}

// Takes one connection and answers whatever it is asked with the same bytes.
class Impostor {
 public:
  explicit Impostor(std::string answer) {
    sockaddr_un address{.sun_family = AF_UNIX};
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    thread_ = std::jthread([this, answer = std::move(answer)] {
      const Fd peer(::accept(listener_.get(), nullptr, nullptr));
      std::array<char, 4096> buffer;
      while (::recv(peer.get(), buffer.data(), buffer.size(), 0) > 0)
        ::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    });
  }
  std::string path() const { return directory_.path() + "/socket"; }

 private:
  const TestDirectory directory_;
  const Fd listener_{::socket(AF_UNIX, SOCK_STREAM, 0)};
  std::jthread thread_;
};

TEST(BullmqStart, WhoIsNoRedisIsRefused) {
  for (const char* answer :
       {"HTTP/1.1 400 Bad Request\r\n\r\n", "$-7\r\n", "*99999999999999\r\n", "+PONG\r\n+text\r\n",
        ":1\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"}) {
    const Impostor impostor(answer);
    const auto queue = make_bullmq_queue({.url = "unix:" + impostor.path(),
                                          .connect_timeout = Milliseconds{200},
                                          .command_timeout = Milliseconds{200}});
    EXPECT_FALSE(queue) << answer;
  }
}

TEST(BullmqStart, AnOldRedisIsRefusedByItsVersion) {
  const std::string info = "# Server\r\nredis_version:5.0.14\r\n";
  const std::string bulk = "$" + std::to_string(info.size()) + "\r\n" + info + "\r\n";
  const Impostor impostor(bulk + bulk);
  const auto queue = make_bullmq_queue({.url = "unix:" + impostor.path()});
  ASSERT_FALSE(queue);
  EXPECT_EQ(queue.error().code, Errc::kInvalid);
  EXPECT_THAT(queue.error().message, HasSubstr("needs 6.2 or later"));
}

}  // namespace
}  // namespace engine::testing
