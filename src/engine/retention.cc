#include "engine/retention.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace engine {
namespace {

constexpr int kBatch = 100;
constexpr std::chrono::seconds kLeastPause{1};

}  // namespace

Retention::Retention(Store& store, const Clock& clock, Options options)
    : store_(store), clock_(clock), options_(std::move(options)) {}

void Retention::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void Retention::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Retention::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  bell_.notify_all();
}

void Retention::loop(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    woken_ = false;
    lock.unlock();
    sweep(stop);
    lock.lock();
    const auto pause = std::min(kLeastPause, options_.interval);
    bell_.wait_for(lock, stop, pause, [] { return false; });
    bell_.wait_for(lock, stop, options_.interval - pause, [this] { return woken_; });
  }
}

void Retention::sweep(const std::stop_token& stop) {
  bool more = true;
  while (more && !stop.stop_requested()) {
    const auto expired = store_.expire(clock_.wall() - options_.age, options_.bytes, kBatch);
    if (options_.on_expired) options_.on_expired(expired);
    if (!expired) {
      log::warning("nothing could be expired", {
                                                   {"reason", expired.error().message}
      });
      return;
    }
    more = expired->size() == static_cast<std::size_t>(kBatch);
  }
}

}  // namespace engine
