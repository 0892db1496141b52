#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

namespace engine {

// Counts callbacks that are still to come, so that their number is bounded and whoever they refer
// to can wait for the last. Outlives its tokens.
class InFlight {
 public:
  // One callback under way; goes into the callback, and ends with it.
  class Token {
   public:
    explicit Token(InFlight& owner) : owner_(owner) {}
    Token(const Token&) = delete;
    Token& operator=(const Token&) = delete;
    ~Token() { owner_.end(); }

   private:
    InFlight& owner_;
  };

  explicit InFlight(std::size_t most) : most_(most) {}

  // Waits while the most are under way.
  std::shared_ptr<Token> begin() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ < most_; });
    ++count_;
    return std::make_shared<Token>(*this);
  }

  void wait_for_none() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ == 0; });
  }

 private:
  void end() {
    const std::lock_guard lock(mutex_);
    --count_;
    changed_.notify_all();  // Under the lock: the waiter may destroy this object next.
  }

  const std::size_t most_;
  std::mutex mutex_;  // Guards count_.
  std::condition_variable changed_;
  std::size_t count_ = 0;
};

}  // namespace engine
