#include "engine/lease_keeper.h"

#include "base/log.h"

namespace engine {

LeaseKeeper::LeaseKeeper(Runs& runs, Queue& queue, Store* shared, Milliseconds interval)
    : runs_(runs), queue_(queue), shared_(shared), interval_(interval) {}

void LeaseKeeper::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void LeaseKeeper::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void LeaseKeeper::loop(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    bell_.wait_for(lock, stop, interval_, [] { return false; });
    if (stop.stop_requested()) return;
    renew_all();
    if (shared_ != nullptr) stop_cancelled();
  }
}

void LeaseKeeper::renew_all() {
  for (const auto& run : runs_.all()) {
    const auto renewed = queue_.renew(run->ticket());
    if (renewed) continue;
    log::warning("a lease was not renewed",
                 {
                     {"submission", run->id().text         },
                     {"reason",     renewed.error().message}
    });
    // Anything else may pass: the lease lasts for several renewals.
    if (renewed.error().code == Errc::kConflict) run->stop(Run::Stop::kLeaseLost);
  }
}

void LeaseKeeper::stop_cancelled() {
  for (const auto& run : runs_.all()) {
    const auto record = shared_->find(run->id());
    if (record && record->state == State::kCancelled) run->stop(Run::Stop::kCancelled);
  }
}

}  // namespace engine
