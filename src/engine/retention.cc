#include "engine/retention.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace engine {
namespace {

constexpr int kBatch = 100;
constexpr std::size_t kMostUnremoved = 10'000;
constexpr std::chrono::seconds kLeastPause{1};

}  // namespace

Retention::Retention(Store& store, Output& output, const Clock& clock, Options options)
    : store_(store), output_(output), clock_(clock), options_(options) {}

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
  remove(std::exchange(unremoved_, {}));
  std::vector<SubmissionId> untidy;
  {
    const std::lock_guard lock(mutex_);
    untidy.swap(untidy_);
  }
  for (const SubmissionId& id : untidy)
    tidy(id);
  while (!stop.stop_requested()) {
    auto expired = store_.expire(clock_.wall() - options_.age, options_.bytes, kBatch);
    if (!expired) {
      log::warning("nothing could be expired", {
                                                   {"reason", expired.error().message}
      });
      return;
    }
    const bool last = expired->size() < static_cast<std::size_t>(kBatch);
    remove(*std::move(expired));
    if (last) return;
  }
}

void Retention::tidy(const SubmissionId& id) {
  const auto kept = keep_what_counts(id);
  if (kept) return;
  log::warning("outputs of a lost attempt remain for now",
               {
                   {"submission", id.text             },
                   {"reason",     kept.error().message}
  });
  // What is not noted here goes with the submission itself, at the latest.
  const std::lock_guard lock(mutex_);
  if (untidy_.size() < kMostUnremoved) untidy_.push_back(id);
}

Status Retention::keep_what_counts(const SubmissionId& id) {
  const auto record = store_.find(id);
  if (!record && record.error().code != Errc::kNotFound) return record.error();
  const bool worthless = !record || record->state == State::kCancelled;
  return worthless ? output_.remove(id) : output_.keep_only(id, record->attempt);
}

void Retention::remove(std::vector<SubmissionId> ids) {
  for (SubmissionId& id : ids) {
    const auto removed = output_.remove(id);
    if (removed) continue;
    log::warning("outputs were not removed",
                 {
                     {"submission", id.text                },
                     {"reason",     removed.error().message}
    });
    if (unremoved_.size() < kMostUnremoved) unremoved_.push_back(std::move(id));
  }
}

}  // namespace engine
