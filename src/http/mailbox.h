#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace engine::http {

// Carries values from any thread to one coroutine: the way in for callbacks of the engine. Shared
// by both sides through a shared_ptr, so a late callback after the coroutine's end is harmless; the
// executor's context outlives both. It holds as many values as are put: what puts them has a limit
// of its own.
template <typename T>
class Mailbox : public std::enable_shared_from_this<Mailbox<T>> {
 public:
  explicit Mailbox(const boost::asio::any_io_executor& executor) : bell_(executor) {}

  // From any thread; never waits.
  void put(T value) {
    bool was_empty = false;
    {
      const std::lock_guard lock(mutex_);
      was_empty = values_.empty();
      values_.push_back(std::move(value));
    }
    // Behind another value the taker is awake already, or will look before it sleeps.
    if (!was_empty) return;
    boost::asio::post(bell_.get_executor(),
                      [self = this->shared_from_this()] { self->bell_.cancel(); });
  }

  // The next value; nothing when `deadline` passes first. One coroutine at a time, on the
  // executor's thread.
  boost::asio::awaitable<std::optional<T>> take(std::chrono::steady_clock::time_point deadline) {
    for (;;) {
      bell_.expires_at(deadline);
      // The bell cannot ring between this look and the wait: it rings on this same thread.
      if (auto value = pop()) co_return value;
      if (std::chrono::steady_clock::now() >= deadline) co_return std::nullopt;
      boost::system::error_code ignored;
      auto token = boost::asio::redirect_error(boost::asio::use_awaitable, ignored);
      co_await bell_.async_wait(token);
    }
  }

 private:
  std::optional<T> pop() {
    const std::lock_guard lock(mutex_);
    if (values_.empty()) return std::nullopt;
    std::optional<T> value(std::move(values_.front()));
    values_.pop_front();
    return value;
  }

  boost::asio::steady_timer bell_;
  std::mutex mutex_;  // Guards values_.
  std::deque<T> values_;
};

}  // namespace engine::http
