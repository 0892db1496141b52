// What the PostgreSQL store does when the database goes away, and when it is given too much.
#include <future>
#include <latch>
#include <map>
#include <set>
#include <thread>

#include "base/testing/unix_proxy.h"
#include "store/test_postgres.h"

namespace engine {
namespace {

using testing::PostgresServer;

// A server that may be stopped, and that writes to the disk as one that is meant seriously.
PostgresServer& durable_postgres() {
  static PostgresServer server(PostgresServer::Disk::kDurable);
  return server;
}

class PostgresFault : public PostgresTest {
 protected:
  PostgresFault() : PostgresTest(durable_postgres()) {}
  void SetUp() override { open(); }

  SubmissionId add_started() {
    const auto inserted = insert(*store_, test_submission());
    EXPECT_TRUE(inserted) << inserted.error().message;
    EXPECT_TRUE(store_->start(inserted->id));
    return inserted->id;
  }
  void wait_until_away(bool away) {
    while (store_->problem().has_value() != away)
      std::this_thread::sleep_for(Milliseconds{5});
  }
  template <typename T>
  void expect_away(const Result<T>& result) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::kUnavailable);
    EXPECT_NE(result.error().message.find(database_), std::string::npos) << result.error().message;
  }
};

TEST_F(PostgresFault, AStoppedServerIsSaidSoAndComesBack) {
  const auto running = add_started();
  server_.stop();
  wait_until_away(true);  // Without being asked for anything.
  EXPECT_NE(store_->problem()->find(database_), std::string::npos);
  expect_away(insert(*store_, test_submission()));
  expect_away(finish(*store_, running, 1));
  expect_away(store_->find(running));
  expect_away(store_->start(running));
  expect_away(store_->cancel(running));
  expect_away(store_->unfinished({}, 1));
  expect_away(store_->counts());
  expect_away(store_->expire(clock_.wall(), Bytes{0}, 1));
  expect_away(store_->announce({.id = "worker"}));
  expect_away(store_->workers(std::chrono::minutes{1}));
  expect_away(store_->lead("reconciler"));

  server_.start();
  wait_until_away(false);
  EXPECT_TRUE(finish(*store_, running, 1));
  EXPECT_TRUE(insert(*store_, test_submission()));
  EXPECT_TRUE(*store_->lead("reconciler"));
}

TEST_F(PostgresFault, ARestartThatNobodyNoticedCostsNothing) {
  const auto running = add_started();
  ASSERT_TRUE(*store_->lead("reconciler"));
  server_.stop();
  server_.start();
  // The pool may have noticed; then it is back soon.
  wait_until_away(false);
  EXPECT_TRUE(finish(*store_, running, 1));
  EXPECT_TRUE(insert(*store_, test_submission()));
  EXPECT_TRUE(store_->find(running));
  EXPECT_TRUE(*store_->lead("reconciler"));
}

TEST_F(PostgresFault, ConnectionsThatAreEndedAreReplaced) {
  const auto running = add_started();
  sql("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
      " AND datname = current_database() AND application_name = 'execution-engine'");
  EXPECT_TRUE(store_->find(running));
  EXPECT_TRUE(finish(*store_, running, 1));
  EXPECT_TRUE(insert(*store_, test_submission()));
}

TEST_F(PostgresFault, WhatWasAcknowledgedOutlivesAKill) {
  std::mutex mutex;
  std::set<SubmissionId> acknowledged;
  std::map<SubmissionId, std::string> finished;
  std::set<SubmissionId> refused;
  for (int round = 0; round < 3; ++round) {
    std::atomic<int> done = 0;
    std::atomic<bool> over = false;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&, i] {
        while (!over) {
          const auto inserted = insert(*store_, test_submission());
          ++done;
          if (!inserted) continue;
          {
            const std::lock_guard lock(mutex);
            acknowledged.insert(inserted->id);
          }
          if (i % 2 == 0 || !store_->start(inserted->id)) continue;
          const std::string output = random_uuid();
          const auto ended = finish(*store_, inserted->id, 1, test_outcome(output),
                                    {
                                        {"log.txt", output}
          });
          const std::lock_guard lock(mutex);
          if (ended) finished[inserted->id] = output;
          if (!ended && ended.error().code == Errc::kConflict) refused.insert(inserted->id);
        }
      });
    }
    while (done < 200 * (round + 1))
      std::this_thread::yield();
    server_.kill();
    server_.start();
    over = true;
    threads.clear();
    wait_until_away(false);
  }
  EXPECT_GT(acknowledged.size(), 100U);
  EXPECT_GT(finished.size(), 20U);
  EXPECT_TRUE(refused.empty());  // Each was finished by one alone, and the answer was never lost.
  for (const auto& id : acknowledged)
    ASSERT_TRUE(store_->find(id));
  for (const auto& [id, output] : finished) {
    EXPECT_EQ(*store_->find(id)->outcome, test_outcome(output));
    EXPECT_EQ(*store_->object(id, 1, "log.txt"), output);
  }
  EXPECT_EQ(sql("SELECT count(*) FROM objects"),
            sql("SELECT count(*) FROM submissions WHERE state = 'finished'"));
  expect_true_totals();
}

TEST_F(PostgresFault, AWriteThatCannotBeDoesNotTakeItsGroupWithIt) {
  sql("CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
      " RAISE EXCEPTION 'poison'; END $$");
  sql("CREATE TRIGGER poison BEFORE INSERT ON submissions FOR EACH ROW"
      " WHEN (NEW.language = 'poison') EXECUTE FUNCTION poison()");
  std::vector<std::promise<Result<Store::Inserted>>> results(9);
  PostgresServer::Session jam(server_.url(database_));
  jam.sql("BEGIN; LOCK TABLE submissions IN EXCLUSIVE MODE");
  for (std::size_t i = 0; i < results.size(); ++i) {
    Submission submission = test_submission();
    if (i == 4) submission.language = "poison";
    store_->insert(submission, std::nullopt, nullptr,
                   [&, i](auto inserted) { results[i].set_value(std::move(inserted)); });
  }
  jam.sql("COMMIT");
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto result = results[i].get_future().get();
    EXPECT_EQ(static_cast<bool>(result), i != 4);
    const std::string message = result ? "" : result.error().message;
    EXPECT_EQ(message.find("poison") != std::string::npos, i == 4) << message;
  }
  EXPECT_EQ(store_->counts()->queued, 8);
  EXPECT_FALSE(store_->problem());
}

TEST_F(PostgresFault, TooManyThatWaitAreRefusedButWorkThatRunsIsNot) {
  options_.most_waiting = 2;
  open();
  const auto running = add_started();
  std::vector<std::promise<Result<Store::Inserted>>> results(3);
  std::promise<Result<WallTime>> finished;
  PostgresServer::Session jam(server_.url(database_));
  jam.sql("BEGIN; LOCK TABLE submissions IN EXCLUSIVE MODE");
  for (auto& result : results) {
    store_->insert(test_submission(), std::nullopt, nullptr,
                   [&](auto inserted) { result.set_value(std::move(inserted)); });
  }
  store_->finish(running, 1, test_outcome(), {},
                 [&](auto at) { finished.set_value(std::move(at)); });
  EXPECT_EQ(results[2].get_future().get().error().code, Errc::kOverloaded);
  jam.sql("COMMIT");
  EXPECT_TRUE(results[0].get_future().get());
  EXPECT_TRUE(results[1].get_future().get());
  EXPECT_TRUE(finished.get_future().get());
}

TEST_F(PostgresFault, TooManyBytesThatWaitAreRefused) {
  options_.most_waiting_bytes = 10_KiB;
  open();
  std::promise<Result<Store::Inserted>> large_result, refused;
  PostgresServer::Session jam(server_.url(database_));
  jam.sql("BEGIN; LOCK TABLE submissions IN EXCLUSIVE MODE");
  Submission large = test_submission();
  large.files[0].content = std::string(20'000, 'x');
  store_->insert(large, std::nullopt, nullptr,
                 [&](auto inserted) { large_result.set_value(std::move(inserted)); });
  store_->insert(test_submission(), std::nullopt, nullptr,
                 [&](auto inserted) { refused.set_value(std::move(inserted)); });
  EXPECT_EQ(refused.get_future().get().error().code, Errc::kOverloaded);
  jam.sql("COMMIT");
  EXPECT_TRUE(large_result.get_future().get());
}

TEST_F(PostgresFault, AStatementThatTakesTooLongIsGivenUp) {
  options_.statement_timeout = Milliseconds{1'000};
  open();
  PostgresServer::Session jam(server_.url(database_));
  jam.sql("BEGIN; LOCK TABLE submissions IN EXCLUSIVE MODE");
  const Submission late = test_submission();
  expect_away(insert(*store_, late));
  jam.sql("COMMIT");
  EXPECT_EQ(store_->find(late.id).error().code, Errc::kNotFound);
  EXPECT_TRUE(insert(*store_, late));
}

TEST_F(PostgresFault, ACallerThatTakesItsTimeHoldsNoCommitUp) {
  std::latch held(1);
  std::promise<void> reported;
  store_->insert(test_submission(), std::nullopt, nullptr, [&](const auto&) {
    reported.set_value();
    held.wait();
  });
  reported.get_future().wait();
  EXPECT_TRUE(insert(*store_, test_submission()));
  held.count_down();
  store_.reset();  // Waits for the caller, who holds on to our variables.
}

TEST_F(PostgresFault, StringsThatTextCannotHoldAreRefusedOrUnknown) {
  using namespace std::string_literals;
  for (const std::string& odd : {"a\0b"s, "\xff"s}) {
    EXPECT_EQ(store_->find({odd}).error().code, Errc::kNotFound);
    EXPECT_EQ(finish(*store_, {odd}, 1).error().code, Errc::kNotFound);
    EXPECT_EQ(store_->object({random_uuid()}, 1, odd).error().code, Errc::kNotFound);
    Submission submission = test_submission();
    submission.owner = {odd};
    EXPECT_EQ(insert(*store_, submission).error().code, Errc::kInvalid);
    EXPECT_EQ(insert(*store_, test_submission(), IdempotencyKey{odd, "digest"}).error().code,
              Errc::kInvalid);
    EXPECT_EQ(store_->announce({.id = odd}).error().code, Errc::kInvalid);
  }
}

TEST_F(PostgresFault, TotalsAreTheSumsOfTheRows) {
  leave_some_in_every_state(*store_);
  expect_true_totals();
  EXPECT_EQ(store_->counts()->queued, 5);
  EXPECT_EQ(store_->counts()->running, 2);
  sql("DELETE FROM submissions WHERE state = 'queued'");
  expect_true_totals();
}

// The answer to one statement is lost after the server has done what it says. One connection, so
// that every statement is known to the session before.
class PostgresLostAnswer : public PostgresFault {
 protected:
  void SetUp() override {
    options_.url = "postgres://engine@/" + database_ + "?host=" + proxy_.directory();
    options_.connections = 1;
    open();
    const auto finished = add_started();
    ASSERT_TRUE(store_->give_back(finished, 1));
    ASSERT_TRUE(store_->start(finished));
    ASSERT_TRUE(finish(*store_, finished, 2));
    ASSERT_TRUE(store_->cancel(add_started()));
  }
  void TearDown() override { store_.reset(); }

  // As the name of a prepared statement ends.
  void lose_answer_to(const std::string& statement) {
    proxy_.meddle(statement + std::string(1, '\0'), UnixProxy::Fate::kCut, 1);
  }

  static constexpr char kSocket[] = ".s.PGSQL.5432";
  UnixProxy proxy_{server_.socket_directory() + "/" + kSocket, kSocket};
};

TEST_F(PostgresLostAnswer, AnInsertIsUnavailable) {
  lose_answer_to("insert");
  const Submission submission = test_submission();
  const auto inserted = insert(*store_, submission, IdempotencyKey{"key", "digest"});
  expect_away(inserted);
  // Who asks again learns what became of it.
  wait_until_away(false);
  const auto again = insert(*store_, test_submission(), IdempotencyKey{"key", "digest"});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(again->existed);
  EXPECT_EQ(again->id, submission.id);
}

TEST_F(PostgresLostAnswer, AnEndingIsAskedForAgain) {
  const auto id = add_started();
  lose_answer_to("finish");
  EXPECT_TRUE(finish(*store_, id, 1, test_outcome("mine")));
  EXPECT_EQ(*store_->find(id)->outcome, test_outcome("mine"));
  EXPECT_EQ(finish(*store_, id, 1, test_outcome("second")).error().code, Errc::kConflict);
}

TEST_F(PostgresLostAnswer, AStartIsCountedOnce) {
  const auto id = insert(*store_, test_submission())->id;
  lose_answer_to("start");
  const auto started = store_->start(id);
  ASSERT_TRUE(started);
  EXPECT_EQ(started->attempt, 1);
  EXPECT_EQ(*started, *store_->find(id));
}

TEST_F(PostgresLostAnswer, AReturnAndACancelAreAskedForAgain) {
  const auto id = add_started();
  lose_answer_to("give_back");
  EXPECT_TRUE(store_->give_back(id, 1));
  lose_answer_to("cancel");
  EXPECT_TRUE(store_->cancel(id));
  EXPECT_EQ(store_->find(id)->state, State::kCancelled);
  EXPECT_EQ(store_->cancel(id).error().code, Errc::kConflict);
}

}  // namespace
}  // namespace engine
