#include "engine/errands.h"

#include <exception>
#include <utility>

#include "base/log.h"

namespace engine {

void Errands::start() {
  thread_ = std::jthread([this] { loop(); });
}

void Errands::stop() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    bell_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

bool Errands::post(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  if (closed_ || jobs_.size() >= most_waiting_) return false;
  jobs_.push_back(std::move(job));
  bell_.notify_one();
  return true;
}

void Errands::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    bell_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    try {
      job();
    } catch (const std::exception& failure) {
      log::error("a background job failed", {
                                                {"reason", failure.what()}
      });
    }
    lock.lock();
  }
}

}  // namespace engine
