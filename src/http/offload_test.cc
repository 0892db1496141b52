#include "http/offload.h"

#include <memory>
#include <stdexcept>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

namespace engine::http {
namespace {

using boost::asio::awaitable;

class OffloadTest : public ::testing::Test {
 protected:
  template <typename T>
  T run(awaitable<T> coroutine) {
    auto result = boost::asio::co_spawn(io_, std::move(coroutine), boost::asio::use_future);
    io_.run();
    return result.get();
  }
  boost::asio::io_context io_;
  boost::asio::thread_pool pool_{1};
};

TEST_F(OffloadTest, WorkRunsOnThePoolAndTheCallerComesBack) {
  auto caller = [](boost::asio::thread_pool& pool) -> awaitable<bool> {
    const auto here = std::this_thread::get_id();
    auto work = [] { return std::this_thread::get_id(); };
    const auto there = co_await offload(pool, work);
    co_return there != here&& std::this_thread::get_id() == here;
  };
  EXPECT_TRUE(run(caller(pool_)));
}

TEST_F(OffloadTest, WorkMayOwnWhatCannotBeCopied) {
  auto caller = [](boost::asio::thread_pool& pool) -> awaitable<int> {
    auto work = [owned = std::make_unique<int>(7)] { return *owned; };
    const int value = co_await offload(pool, std::move(work));
    co_return value;
  };
  EXPECT_EQ(run(caller(pool_)), 7);
}

TEST_F(OffloadTest, AnExceptionReachesTheCaller) {
  auto caller = [](boost::asio::thread_pool& pool) -> awaitable<int> {
    auto work = []() -> int { throw std::runtime_error("no"); };
    const int value = co_await offload(pool, work);
    co_return value;
  };
  EXPECT_THROW(run(caller(pool_)), std::runtime_error);
}

}  // namespace
}  // namespace engine::http
