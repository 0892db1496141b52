#include "store/postgres_reporter.h"

#include <iterator>
#include <utility>

namespace engine::postgres {

Reporter::Reporter(int threads) {
  for (int i = 0; i < threads; ++i)
    threads_.emplace_back([this] { run(); });
}

Reporter::~Reporter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    arrival_.notify_all();
  }
  for (std::thread& thread : threads_)
    thread.join();
}

void Reporter::post(Report report) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(report));
  arrival_.notify_one();
}

void Reporter::post(std::vector<Report> reports) {
  const std::lock_guard lock(mutex_);
  waiting_.insert(waiting_.end(), std::move_iterator(reports.begin()),
                  std::move_iterator(reports.end()));
  arrival_.notify_all();
}

void Reporter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    arrival_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Report report = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    report();
    report = nullptr;  // What it holds may be costly to let go of.
    lock.lock();
  }
}

}  // namespace engine::postgres
