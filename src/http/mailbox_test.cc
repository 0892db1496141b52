#include "http/mailbox.h"

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine::http {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using Box = std::shared_ptr<Mailbox<std::string>>;

constexpr auto kNever = steady_clock::time_point::max();

awaitable<std::vector<std::string>> take_until(Box box, std::string last) {
  std::vector<std::string> taken;
  while (taken.empty() || taken.back() != last) {
    auto value = co_await box->take(steady_clock::now() + std::chrono::seconds(30));
    if (!value) break;
    taken.push_back(*std::move(value));
  }
  co_return taken;
}

awaitable<std::optional<std::string>> take_one(Box box, steady_clock::time_point deadline) {
  auto value = co_await box->take(deadline);
  co_return value;
}

class MailboxTest : public ::testing::Test {
 protected:
  boost::asio::io_context io_;
  Box box_ = std::make_shared<Mailbox<std::string>>(io_.get_executor());

  template <typename T>
  T run(awaitable<T> coroutine) {
    auto result = boost::asio::co_spawn(io_, std::move(coroutine), boost::asio::use_future);
    io_.restart();
    io_.run();
    return result.get();
  }
};

TEST_F(MailboxTest, ValuesComeOutInTheirOrder) {
  for (const char* value : {"a", "b", "c"})
    box_->put(value);
  EXPECT_THAT(run(take_until(box_, "c")), ElementsAre("a", "b", "c"));
}

TEST_F(MailboxTest, AValueWakesTheOneWhoWaits) {
  auto result = boost::asio::co_spawn(io_, take_one(box_, kNever), boost::asio::use_future);
  io_.poll();  // It waits now.
  ASSERT_EQ(result.wait_for(milliseconds(0)), std::future_status::timeout);
  std::thread other([this] { box_->put("x"); });
  other.join();
  io_.run();
  EXPECT_EQ(result.get(), "x");
}

TEST_F(MailboxTest, TheDeadlineEndsTheWait) {
  const auto deadline = steady_clock::now() + milliseconds(20);
  EXPECT_EQ(run(take_one(box_, deadline)), std::nullopt);
  EXPECT_GE(steady_clock::now(), deadline);
}

TEST_F(MailboxTest, APassedDeadlineStillTakesWhatIsThere) {
  box_->put("x");
  EXPECT_EQ(run(take_one(box_, steady_clock::now() - milliseconds(1))), "x");
  EXPECT_EQ(run(take_one(box_, steady_clock::now() - milliseconds(1))), std::nullopt);
}

// The bell of a value that was taken without waiting still rings; it is no value.
TEST_F(MailboxTest, ALateBellWakesForNothingAndWaitsAgain) {
  box_->put("a");
  auto both = [](Box box) -> awaitable<std::optional<std::string>> {
    auto first = co_await box->take(kNever);
    EXPECT_EQ(first, "a");
    auto second = co_await box->take(steady_clock::now() + milliseconds(20));
    co_return second;
  };
  EXPECT_EQ(run(both(box_)), std::nullopt);
}

TEST_F(MailboxTest, ManyThreadsLoseNothing) {
  constexpr int kThreads = 4;
  constexpr int kEach = 5'000;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this] {
      for (int n = 0; n < kEach; ++n)
        box_->put("v");
    });
  }
  auto count = [](Box box) -> awaitable<int> {
    int taken = 0;
    while (taken < kThreads * kEach) {
      const auto value = co_await box->take(steady_clock::now() + std::chrono::seconds(30));
      if (!value) break;
      ++taken;
    }
    co_return taken;
  };
  const int taken = run(count(box_));
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(taken, kThreads * kEach);
}

TEST_F(MailboxTest, ACallbackAfterTheEndIsHarmless) {
  const std::weak_ptr<Mailbox<std::string>> watch = box_;
  EXPECT_EQ(run(take_one(box_, steady_clock::now())), std::nullopt);
  std::function<void()> late = [box = std::exchange(box_, nullptr)] { box->put("late"); };
  late();
  late = nullptr;
  io_.restart();
  io_.run();
  EXPECT_TRUE(watch.expired());
}

}  // namespace
}  // namespace engine::http
