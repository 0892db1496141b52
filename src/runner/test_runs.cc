#include "runner/test_runs.h"

#include <exception>
#include <system_error>
#include <utility>

namespace engine {

TestRuns::TestRuns(Steps steps, SpareSlots& spare, const std::stop_token& stop)
    : steps_(std::move(steps)),
      spare_(spare),
      on_stop_(stop, [this] { stopping_.request_stop(); }) {}

TestRuns::~TestRuns() {
  Lock lock(mutex_);
  want_no_more_than(0);
  lock.unlock();
  helpers_.clear();
}

Status TestRuns::run(std::size_t first, std::size_t end, BoxSupply& own) {
  Lock lock(mutex_);
  next_ = concluded_ = first;
  end_ = end;
  while (concluded_ < end_) {
    if (may_start()) {
      borrow();
      step(own, lock);
    } else {
      changed_.wait(lock);
    }
  }
  if (exception_) std::rethrow_exception(exception_);
  if (error_) return *std::move(error_);
  return Ok{};
}

bool TestRuns::may_start() const {
  return next_ < end_ && next_ - concluded_ < kMostAhead;
}

void TestRuns::step(BoxSupply& supply, Lock& lock) {
  const std::size_t test = next_++;
  lock.unlock();
  Result<TestRun> run = steps_.run(supply, test, stopping_.get_token());
  lock.lock();
  done_.emplace(test, std::move(run));
  conclude_ready();
  changed_.notify_all();
}

// As many as there are tests that this thread does not begin next.
void TestRuns::borrow() {
  std::erase_if(helpers_, [](const Helper& helper) { return helper.is_over; });
  while (helpers_.size() + 1 < end_ - next_ && spare_.try_borrow()) {
    if (!start_helper()) return spare_.give_back();
  }
}

// False: the host has no thread to give. This one goes on alone.
bool TestRuns::start_helper() {
  Helper& helper = helpers_.emplace_back();
  try {
    helper.thread = std::jthread([this, &helper] { help(helper); });
  } catch (const std::system_error&) {
    helpers_.pop_back();
    return false;
  }
  return true;
}

void TestRuns::help(Helper& helper) {
  Lock lock(mutex_);
  try {
    help_on(lock);
  } catch (...) {
    if (!lock.owns_lock()) lock.lock();
    exception_ = std::current_exception();
    want_no_more_than(concluded_);
    changed_.notify_all();
  }
  spare_.give_back();
  helper.is_over = true;
}

void TestRuns::help_on(Lock& lock) {
  const auto supply = steps_.boxes();
  while (may_start() && !spare_.is_wanted())
    step(*supply, lock);
}

void TestRuns::conclude_ready() {
  for (auto ready = done_.find(concluded_); ready != done_.end() && concluded_ < end_;
       ready = done_.find(concluded_)) {
    Result<TestRun> run = std::move(ready->second);
    done_.erase(ready);
    const std::size_t test = concluded_++;
    if (!run) {
      error_ = std::move(run).error();
      want_no_more_than(concluded_);
    } else if (!steps_.conclude(test, *std::move(run))) {
      want_no_more_than(concluded_);
    }
  }
}

void TestRuns::want_no_more_than(std::size_t end) {
  if (end_ <= end) return;
  end_ = end;
  stopping_.request_stop();
}

}  // namespace engine
