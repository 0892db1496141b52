#include "engine/hub.h"

#include <algorithm>
#include <utility>

#include "engine/live_state.h"

namespace engine {

// One listener. The mutex is held while it is called, which makes close() wait for that call; it is
// recursive because the listener itself may close.
struct Hub::Subscriber {
  explicit Subscriber(Engine::Listener to_call)
      : listener(std::make_shared<const Engine::Listener>(std::move(to_call))) {}

  void deliver(const Event& event) {
    const std::lock_guard lock(mutex);
    const auto target = listener;  // Keeps it alive when it closes its own subscription.
    if (!target || !is_news(event)) return;
    (*target)(event);
    if (event.kind == Event::Kind::kState && is_final(event.state)) listener.reset();
  }

  void close() {
    const std::lock_guard lock(mutex);
    listener.reset();
  }

  // What a listener was told by the store's view may come again from the run itself.
  bool is_news(const Event& event) {
    if (event.kind != Event::Kind::kState) return true;
    const auto said = std::pair(event.state, event.attempt);
    return std::exchange(last_said, said) != said;
  }

  std::recursive_mutex mutex;  // Guards the rest.
  std::shared_ptr<const Engine::Listener> listener;
  std::optional<std::pair<State, int>> last_said;
};

struct Hub::Channel {
  std::mutex delivery;  // Held while listeners are called: gives all of them one order.
  LiveState live{kLiveBytesPerRun, kReplayBytes};  // Guarded by `delivery`.
  int pins = 0;                                    // Runs and watchers; guarded by Hub::mutex_.
  std::vector<std::shared_ptr<Subscriber>> subscribers;  // Guarded by Hub::mutex_.
};

Hub::Watcher::Watcher(std::shared_ptr<Hub> hub, SubmissionId id, Engine::Listener listener)
    : hub_(std::move(hub)),
      id_(std::move(id)),
      channel_(hub_->pin(id_)),
      subscriber_(std::make_shared<Subscriber>(std::move(listener))) {}

Hub::Watcher::~Watcher() {
  subscriber_->close();
  hub_->remove(*channel_, subscriber_);
  hub_->unpin(id_);
}

void Hub::Watcher::begin(std::shared_ptr<const Record> record) {
  // The listener may destroy this watcher; from here on only locals are used.
  const auto hub = hub_;
  const auto channel = channel_;
  const auto subscriber = subscriber_;
  const std::lock_guard delivering(channel->delivery);
  hub->add(*channel, subscriber);
  for (const Event& event : channel->live.replay(record))
    subscriber->deliver(event);
}

void Hub::open(const SubmissionId& id) {
  pin(id);
}

void Hub::close(const SubmissionId& id) {
  unpin(id);
}

void Hub::publish(const SubmissionId& id, Event event) {
  const auto channel = find(id);
  if (!channel) return;
  const std::lock_guard delivering(channel->delivery);
  if (!channel->live.note(event)) return;
  for (const auto& subscriber : subscribers(*channel))
    subscriber->deliver(event);
}

bool Hub::knows(const SubmissionId& id) const {
  return find(id) != nullptr;
}

std::vector<SubmissionId> Hub::watched(const SubmissionId& after, std::size_t most) const {
  const std::lock_guard lock(mutex_);
  std::vector<SubmissionId> ids;
  for (auto at = channels_.upper_bound(after); at != channels_.end() && ids.size() < most; ++at) {
    if (!at->second->subscribers.empty()) ids.push_back(at->first);
  }
  return ids;
}

std::shared_ptr<Hub::Channel> Hub::pin(const SubmissionId& id) {
  const std::lock_guard lock(mutex_);
  auto& channel = channels_[id];
  if (!channel) channel = std::make_shared<Channel>();
  ++channel->pins;
  return channel;
}

void Hub::unpin(const SubmissionId& id) {
  const std::lock_guard lock(mutex_);
  const auto found = channels_.find(id);
  if (found != channels_.end() && --found->second->pins == 0) channels_.erase(found);
}

std::shared_ptr<Hub::Channel> Hub::find(const SubmissionId& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = channels_.find(id);
  return found == channels_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<Hub::Subscriber>> Hub::subscribers(const Channel& channel) const {
  const std::lock_guard lock(mutex_);
  return channel.subscribers;
}

void Hub::add(Channel& channel, std::shared_ptr<Subscriber> subscriber) {
  const std::lock_guard lock(mutex_);
  channel.subscribers.push_back(std::move(subscriber));
}

void Hub::remove(Channel& channel, const std::shared_ptr<Subscriber>& subscriber) {
  const std::lock_guard lock(mutex_);
  std::erase(channel.subscribers, subscriber);
}

}  // namespace engine
