// The engine on its real embedded parts: SQLite, the embedded queue, outputs in a directory.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "base/testing/test_directory.h"
#include "engine/testing/house.h"

namespace engine {
namespace {

using testing::Answer;
using testing::bash;
using testing::EventLog;
using testing::FakeRunner;

const OwnerId kOwner{"ann"};

// One life of the program: everything but what lies in the directory is new.
class Life {
 public:
  explicit Life(const std::string& directory, EngineOptions options = testing::test_options()) {
    std::filesystem::create_directories(directory + "/outputs");
    store_ = *make_sqlite_store({.path = directory + "/engine.db", .free_space_floor = 0_B},
                                system_clock());
    output_ = *make_local_output(directory + "/outputs", links_);
    engine_ = std::make_unique<Engine>(
        Engine::Ports{.store = *store_,
                      .queue = *queue_,
                      .output = *output_,
                      .runner = runner_,
                      .fetcher = fetcher_,
                      .links = &links_,
                      .languages = languages_,
                      .clock = system_clock(),
                      .metrics = metrics_,
                      .new_id = [] { return SubmissionId{random_uuid()}; }},
        std::move(options));
  }

  Engine& engine() { return *engine_; }
  Queue& queue() { return *queue_; }
  Store& store() { return *store_; }
  FakeRunner& runner() { return runner_; }

  std::vector<SubmissionId> accept(int count, const SubmissionRequest& request) {
    std::vector<Answer> answers(static_cast<std::size_t>(count));
    for (Answer& answer : answers)
      engine_->submit(request, kOwner, {}, answer.callback());
    std::vector<SubmissionId> ids;
    for (Answer& answer : answers) {
      const auto accepted = answer.wait();
      if (accepted) ids.push_back(accepted->id);
    }
    return ids;
  }

  std::shared_ptr<const Record> result(const SubmissionId& id) {
    EventLog log;
    const auto subscription = engine_->subscribe(id, kOwner, log.listener());
    return subscription ? log.final_record() : nullptr;
  }

 private:
  FakeRunner runner_;
  testing::FakeFetcher fetcher_;
  Languages languages_ = testing::test_languages();
  Metrics metrics_;
  LinkSigner links_{"key", "http://host", system_clock()};
  std::unique_ptr<Output> output_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Queue> queue_ = make_embedded_queue({});
  std::unique_ptr<Engine> engine_;
};

class EmbeddedTest : public ::testing::Test {
 protected:
  TestDirectory directory_;
};

TEST_F(EmbeddedTest, AnswerIsWhatTheStoreKeeps) {
  Life life(directory_.path());
  ASSERT_TRUE(life.engine().start());
  const auto ids = life.accept(1, bash());
  ASSERT_EQ(ids.size(), 1U);
  const auto answer = life.result(ids[0]);
  ASSERT_NE(answer, nullptr);
  const auto kept = life.engine().find(ids[0], kOwner);
  ASSERT_TRUE(kept);
  EXPECT_EQ((*kept)->outcome, answer->outcome);
  EXPECT_EQ((*kept)->attempt, answer->attempt);
  EXPECT_EQ((*kept)->started_at, answer->started_at);
  const auto link = life.engine().link(*answer, answer->outcome->log_object);
  ASSERT_TRUE(link);
  EXPECT_THAT(*link, ::testing::StartsWith("http://host/files/" + ids[0].text + "/1/log.txt?"));
}

TEST_F(EmbeddedTest, WhatWasAcceptedIsDoneInTheNextLife) {
  std::vector<SubmissionId> ids;
  {
    Life life(directory_.path());
    ids = life.accept(300, bash());
    ASSERT_EQ(ids.size(), 300U);
    // As a process that dies in the middle of a run leaves it.
    ASSERT_TRUE(life.store().start(ids[7]));
  }
  Life life(directory_.path());
  ASSERT_TRUE(life.engine().start());
  for (const SubmissionId& id : ids) {
    const auto record = life.result(id);
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(record->outcome->verdict, Verdict::kAccepted);
    EXPECT_EQ(record->attempt, id == ids[7] ? 2 : 1);
  }
  EXPECT_EQ(life.runner().runs(), 300);
}

TEST_F(EmbeddedTest, RestOfADelaySurvivesARestart) {
  auto request = bash();
  request.delay_ms = 3'600'000;
  {
    Life life(directory_.path());
    ASSERT_EQ(life.accept(1, request).size(), 1U);
  }
  Life life(directory_.path());
  ASSERT_TRUE(life.engine().start());
  EXPECT_EQ(life.queue().counts().delayed, 1U);
  EXPECT_EQ(life.queue().counts().waiting, 0U);
}

TEST_F(EmbeddedTest, HostFailuresAreTriedAgainAfterAPause) {
  std::atomic<int> runs = 0;  // Before the life, whose threads use it to the last.
  Life life(directory_.path());
  life.runner().play([&](const Submission&, Progress&, std::stop_token) -> Result<Execution> {
    if (++runs < 3) return Error{Errc::kUnavailable, "no box", {}};
    return FakeRunner::accepted();
  });
  ASSERT_TRUE(life.engine().start());
  const auto ids = life.accept(1, bash());
  ASSERT_EQ(ids.size(), 1U);
  const auto record = life.result(ids[0]);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->attempt, 3);
  life.engine().stop(Milliseconds{1'000});
  EXPECT_EQ(life.queue().counts().leased, 0U);
}

}  // namespace
}  // namespace engine
