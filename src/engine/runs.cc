#include "engine/runs.h"

#include <algorithm>
#include <iterator>

namespace engine {

void Run::stop(Stop reason) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ == Stop::kNone) stopped_ = reason;
  }
  source_.request_stop();
}

Run::Stop Run::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

std::shared_ptr<Run> Runs::open(Queue::Lease lease) {
  auto run = std::make_shared<Run>(std::move(lease));
  const std::lock_guard lock(mutex_);
  open_.push_back(run);
  // Taken before the queue was closed, opened after: drain() has not seen it.
  if (draining_) run->stop(Run::Stop::kDraining);
  return run;
}

void Runs::close(const std::shared_ptr<Run>& run) {
  const std::lock_guard lock(mutex_);
  std::erase(open_, run);
  // Under the lock: whoever waits may destroy this table as soon as it sees the run gone.
  closed_.notify_all();
}

void Runs::note_end(const std::shared_ptr<Run>& run) {
  const std::lock_guard lock(mutex_);
  run->has_run_ = true;
  closed_.notify_all();
}

void Runs::stop_and_wait(const SubmissionId& id, Run::Stop reason) {
  std::unique_lock lock(mutex_);
  const auto found = of(id);
  lock.unlock();
  for (const auto& run : found)
    run->stop(reason);
  lock.lock();
  closed_.wait(lock, [&] {
    return std::none_of(found.begin(), found.end(), [&](const auto& run) {
      return !run->has_run_ && std::find(open_.begin(), open_.end(), run) != open_.end();
    });
  });
}

void Runs::drain(Milliseconds patience) {
  {
    std::unique_lock lock(mutex_);
    draining_ = true;
    if (closed_.wait_for(lock, patience, [&] { return open_.empty(); })) return;
  }
  for (const auto& run : all())
    run->stop(Run::Stop::kDraining);
}

std::vector<std::shared_ptr<Run>> Runs::all() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

bool Runs::has(const SubmissionId& id) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(open_.begin(), open_.end(), [&](const auto& run) { return run->id() == id; });
}

std::size_t Runs::size() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

std::vector<std::shared_ptr<Run>> Runs::of(const SubmissionId& id) const {
  std::vector<std::shared_ptr<Run>> found;
  std::copy_if(open_.begin(), open_.end(), std::back_inserter(found),
               [&](const auto& run) { return run->id() == id; });
  return found;
}

}  // namespace engine
