#include "engine/relay.h"

#include <utility>

#include "base/log.h"
#include "engine/live_state.h"

namespace engine {

Relay::Relay(Store& store, Queue& queue, const Wire& wire, Hub& hub, Runs& runs, Errands& errands,
             Reconciler& reconciler, Options options)
    : store_(store),
      queue_(queue),
      wire_(wire),
      hub_(hub),
      runs_(runs),
      errands_(errands),
      reconciler_(reconciler),
      options_(options) {}

void Relay::start() {
  queue_.watch([this](const Queue::Event& event) { hear(event); });
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void Relay::stop() {
  queue_.watch(nullptr);
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

// What runs here is told here.
void Relay::hear(const Queue::Event& event) {
  if (event.kind == Queue::Event::Kind::kFailed) reconciler_.behind();
  if (!hub_.knows(event.submission) || runs_.has(event.submission)) return;
  if (event.kind == Queue::Event::Kind::kProgress) {
    for (Event& part : wire_.events(event.text)) {
      // Whoever listens since the run began has not heard of its beginning.
      Event running;
      running.state = State::kRunning;
      running.attempt = part.attempt;
      hub_.publish(event.submission, std::move(running));
      hub_.publish(event.submission, std::move(part));
    }
    return;
  }
  // One that is not posted now is seen at the next look.
  static_cast<void>(errands_.post([this, id = event.submission] { refresh(id); }));
}

void Relay::refresh(const SubmissionId& id) {
  auto record = store_.find(id);
  if (!record || runs_.has(id)) return;
  hub_.publish(id, state_event(std::make_shared<Record>(*std::move(record))));
}

void Relay::loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      bell_.wait_for(lock, stop, options_.interval, [] { return false; });
    }
    look(stop);
  }
}

void Relay::look(const std::stop_token& stop) {
  const auto ids = hub_.watched(looked_at_, options_.batch);
  for (const SubmissionId& id : ids) {
    if (stop.stop_requested()) return;
    refresh(id);
  }
  looked_at_ = ids.size() < options_.batch ? SubmissionId{} : ids.back();
}

}  // namespace engine
