// What the SQLite store does when the disk fails it, and when it is given too much.
#include <latch>
#include <mutex>
#include <set>
#include <thread>

#include "store/test_disk.h"
#include "store/test_sqlite.h"

namespace engine {
namespace {

using Mood = TestDisk::Mood;

class SqliteFault : public SqliteTest {
 protected:
  void SetUp() override { open(); }
  void TearDown() override {
    disk_.become(Mood::kFine);
    store_.reset();
  }
  Errc insert_fault() {
    const auto inserted = insert(*store_, test_submission());
    return inserted ? Errc{-1} : inserted.error().code;
  }

  // Holds the writer up between two groups for as long as it lives.
  class Jam {
   public:
    explicit Jam(Store& store) {
      store.insert(test_submission(), std::nullopt, nullptr, [state = state_](const auto&) {
        state->jammed.count_down();
        state->freed.wait();
      });
      state_->jammed.wait();
    }
    Jam(const Jam&) = delete;
    Jam& operator=(const Jam&) = delete;
    ~Jam() { state_->freed.count_down(); }

   private:
    struct State {
      std::latch jammed{1};
      std::latch freed{1};
    };
    const std::shared_ptr<State> state_ = std::make_shared<State>();  // Outlives the last wait.
  };

  TestDisk disk_;
};

TEST_F(SqliteFault, AFullDiskRefusesAndRecovers) {
  const auto before = insert(*store_, test_submission());
  ASSERT_TRUE(before && store_->start(before->id));
  disk_.become(Mood::kFull);
  const Submission lost = test_submission();
  EXPECT_EQ(insert(*store_, lost).error().code, Errc::kUnavailable);
  EXPECT_EQ(finish(*store_, before->id, 1).error().code, Errc::kUnavailable);
  EXPECT_EQ(store_->cancel(before->id).error().code, Errc::kUnavailable);
  EXPECT_EQ(store_->find(before->id)->state, State::kRunning);
  EXPECT_EQ(store_->counts()->running, 1);

  disk_.become(Mood::kFine);
  EXPECT_FALSE(store_->problem());
  EXPECT_TRUE(finish(*store_, before->id, 1));
  const auto after = insert(*store_, test_submission());
  open();
  EXPECT_EQ(store_->find(before->id)->state, State::kFinished);
  EXPECT_TRUE(store_->find(after->id));
  EXPECT_EQ(store_->find(lost.id).error().code, Errc::kNotFound);
  EXPECT_EQ(store_->counts()->queued, 1);
}

TEST_F(SqliteFault, AFailedWriteRecoversLikewise) {
  disk_.become(Mood::kFailsToWrite);
  EXPECT_EQ(insert_fault(), Errc::kUnavailable);
  disk_.become(Mood::kFine);
  EXPECT_TRUE(insert(*store_, test_submission()));
  EXPECT_EQ(store_->counts()->queued, 1);
}

TEST_F(SqliteFault, NothingAcknowledgedIsLostWhileTheDiskComesAndGoes) {
  std::mutex mutex;
  std::set<SubmissionId> acknowledged;
  std::atomic<bool> over = false;
  std::atomic<int> tries = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        while (!over) {
          const auto inserted = insert(*store_, test_submission());
          ++tries;
          const std::lock_guard lock(mutex);
          if (inserted) acknowledged.insert(inserted->id);
        }
      });
    }
    for (int i = 1; i <= 20; ++i) {
      while (tries < i * 20)
        std::this_thread::yield();
      disk_.become(i % 2 == 0 ? Mood::kFine : Mood::kFull);
    }
    over = true;
  }
  EXPECT_FALSE(acknowledged.empty());
  open();
  for (const auto& id : acknowledged)
    EXPECT_TRUE(store_->find(id));
  EXPECT_EQ(store_->counts()->queued, static_cast<std::int64_t>(acknowledged.size()));
}

TEST_F(SqliteFault, AFailedSyncStopsTheStoreUntilItIsOpenedAnew) {
  const auto before = insert(*store_, test_submission());
  ASSERT_TRUE(before);
  disk_.become(Mood::kFailsToSync);
  EXPECT_EQ(insert_fault(), Errc::kUnavailable);
  disk_.become(Mood::kFine);  // As a kernel does, which reports a failed sync once.
  EXPECT_EQ(insert_fault(), Errc::kUnavailable);
  EXPECT_EQ(store_->start(before->id).error().code, Errc::kUnavailable);
  ASSERT_TRUE(store_->problem());
  EXPECT_NE(store_->problem()->find("restarted"), std::string::npos);
  EXPECT_TRUE(store_->find(before->id));
  open();
  EXPECT_FALSE(store_->problem());
  EXPECT_TRUE(store_->find(before->id));
  EXPECT_TRUE(insert(*store_, test_submission()));
}

TEST_F(SqliteFault, AStartIsSaidBeforeTheDiskHasItAndSyncedAllTheSame) {
  const auto id = insert(*store_, test_submission());
  ASSERT_TRUE(id);
  disk_.become(Mood::kFailsToSync);
  EXPECT_TRUE(store_->start(id->id));
  while (!store_->problem())  // Of the sync that came after it.
    std::this_thread::yield();
}

TEST_F(SqliteFault, AStartComesWithTheNextSyncThatOthersWaitFor) {
  options_.start_patience = std::chrono::hours(1);
  open();
  const auto id = insert(*store_, test_submission());
  const int before = disk_.syncs();
  ASSERT_TRUE(store_->start(id->id));
  ASSERT_TRUE(finish(*store_, id->id, 1));
  EXPECT_EQ(disk_.syncs(), before + 1);
}

TEST_F(SqliteFault, AStartThatNobodyFollowsIsSyncedByItself) {
  const auto id = insert(*store_, test_submission());
  const int before = disk_.syncs();
  ASSERT_TRUE(store_->start(id->id));
  while (disk_.syncs() == before)
    std::this_thread::yield();
}

TEST_F(SqliteFault, ASubmissionIsReadableBeforeTheDiskHasItButNotInsertedUntilThen) {
  disk_.become(Mood::kFailsToSync);
  Submission submission = test_submission();
  bool readable = false;
  std::promise<Result<Store::Inserted>> inserted;
  store_->insert(
      submission, std::nullopt, [&] { readable = static_cast<bool>(store_->load(submission.id)); },
      [&](auto result) { inserted.set_value(std::move(result)); });
  EXPECT_EQ(inserted.get_future().get().error().code, Errc::kUnavailable);
  EXPECT_TRUE(readable);
  EXPECT_TRUE(store_->problem());
}

TEST_F(SqliteFault, AWriteThatCannotBeDoesNotTakeItsGroupWithIt) {
  sql("CREATE TRIGGER poison BEFORE INSERT ON submissions WHEN NEW.language = 'poison'"
      " BEGIN SELECT RAISE(ABORT, 'poison'); END");
  std::vector<std::promise<Result<Store::Inserted>>> results(9);
  {
    const Jam jam(*store_);
    for (std::size_t i = 0; i < results.size(); ++i) {
      Submission submission = test_submission();
      if (i == 4) submission.language = "poison";
      store_->insert(submission, std::nullopt, nullptr,
                     [&, i](auto inserted) { results[i].set_value(std::move(inserted)); });
    }
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto result = results[i].get_future().get();
    EXPECT_EQ(static_cast<bool>(result), i != 4);
    const std::string message = result ? "" : result.error().message;
    EXPECT_EQ(message.find("poison") != std::string::npos, i == 4) << message;
  }
  EXPECT_EQ(store_->counts()->queued, 9);
  EXPECT_FALSE(store_->problem());
}

TEST_F(SqliteFault, TooManyThatWaitAreRefusedButWorkThatRunsIsNot) {
  options_.most_waiting = 2;
  open();
  const auto running = insert(*store_, test_submission());
  ASSERT_TRUE(store_->start(running->id));
  std::vector<std::promise<Result<Store::Inserted>>> results(3);
  std::promise<Status> finished;
  {
    const Jam jam(*store_);
    for (auto& result : results) {
      store_->insert(test_submission(), std::nullopt, nullptr,
                     [&](auto inserted) { result.set_value(std::move(inserted)); });
    }
    store_->finish(running->id, 1, test_outcome(), {},
                   [&](const auto& at) { finished.set_value(at ? Status(Ok{}) : at.error()); });
  }
  EXPECT_TRUE(results[0].get_future().get());
  EXPECT_TRUE(results[1].get_future().get());
  EXPECT_EQ(results[2].get_future().get().error().code, Errc::kOverloaded);
  EXPECT_TRUE(finished.get_future().get());
}

TEST_F(SqliteFault, TooManyBytesThatWaitAreRefused) {
  options_.most_waiting_bytes = 10_KiB;
  open();
  std::promise<Result<Store::Inserted>> refused;
  {
    const Jam jam(*store_);
    Submission large = test_submission();
    large.files[0].content = std::string(20'000, 'x');
    store_->insert(large, std::nullopt, nullptr,
                   [](const auto& inserted) { EXPECT_TRUE(inserted); });
    store_->insert(test_submission(), std::nullopt, nullptr,
                   [&](auto inserted) { refused.set_value(std::move(inserted)); });
  }
  EXPECT_EQ(refused.get_future().get().error().code, Errc::kOverloaded);
}

TEST_F(SqliteFault, ADiskThatIsNearlyFullTakesNothingNewButLetsWorkEnd) {
  const auto running = insert(*store_, test_submission());
  ASSERT_TRUE(store_->start(running->id));
  options_.free_space_floor = Bytes{std::int64_t{1} << 60};
  open();
  EXPECT_EQ(insert_fault(), Errc::kOverloaded);
  EXPECT_NE(store_->problem()->find("full"), std::string::npos);
  EXPECT_TRUE(finish(*store_, running->id, 1));
  EXPECT_TRUE(store_->expire(clock_.wall() + std::chrono::hours{1}, Bytes{0}, 10));
}

}  // namespace
}  // namespace engine
