#include "engine/reconciler.h"

#include <algorithm>

#include "base/log.h"

namespace engine {
namespace {

constexpr int kPage = 1'000;

}  // namespace

Reconciler::Reconciler(Store& store, Queue& queue, const Clock& clock, Options options)
    : store_(store), queue_(queue), clock_(clock), options_(options) {}

Status Reconciler::recover() {
  return push_all(When::kStart, {});
}

void Reconciler::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void Reconciler::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Reconciler::behind() {
  const std::lock_guard lock(mutex_);
  behind_ = true;
  bell_.notify_all();
}

void Reconciler::loop(const std::stop_token& stop) {
  auto pause = options_.pause;
  std::unique_lock lock(mutex_);
  while (bell_.wait(lock, stop, [this] { return behind_; })) {
    bell_.wait_for(lock, stop, pause, [] { return false; });
    if (stop.stop_requested()) return;
    behind_ = false;  // Whoever is behind from here on may be past the page that would show it.
    lock.unlock();
    const auto pushed = push_all(When::kLater, stop);
    if (!pushed) {
      log::warning("the queue is behind the store", {
                                                        {"reason", pushed.error().message}
      });
    }
    lock.lock();
    behind_ = behind_ || !pushed;
    pause = pushed ? options_.pause : std::min(pause * 2, options_.longest_pause);
  }
}

Status Reconciler::push_all(When when, const std::stop_token& stop) {
  SubmissionId after;
  bool pushing = true;
  while (!stop.stop_requested()) {
    TRY(const auto page, store_.unfinished(after, kPage));
    for (const Unfinished& item : page) {
      if (when == When::kStart && item.state == State::kRunning) {
        const auto given = store_.give_back(item.id, item.attempt);
        if (!given && given.error().code != Errc::kConflict) return given.error();
      }
      if (!pushing) continue;
      const auto pushed = push(item);
      if (pushed) continue;
      if (when == When::kLater) return pushed.error();
      log::warning("the queue takes nothing yet", {
                                                      {"reason", pushed.error().message}
      });
      pushing = false;
      behind();
    }
    if (page.size() < static_cast<std::size_t>(kPage)) break;
    after = page.back().id;
  }
  return Ok{};
}

Status Reconciler::push(const Unfinished& item) {
  const auto left = std::chrono::ceil<Milliseconds>(item.due - clock_.wall());
  const auto delay = std::clamp(left, Milliseconds{0}, options_.delay_ceiling);
  return queue_.push({.submission = item.id, .priority = item.priority, .delay = delay});
}

}  // namespace engine
