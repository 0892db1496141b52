#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

#include "engine/engine.h"
#include "engine/testing/gate.h"

namespace engine::testing {

// Notes the events of a subscription, and waits for them. Safe from any thread.
class EventLog {
 public:
  Engine::Listener listener() {
    return [this](const Event& event) {
      const std::lock_guard lock(mutex_);
      events_.push_back(event);
      changed_.notify_all();
    };
  }

  [[nodiscard]] bool wait_until(const std::function<bool(const std::vector<Event>&)>& holds) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kForever, [&] { return holds(events_); });
  }

  [[nodiscard]] bool wait_for_state(State state) {
    return wait_until([state](const std::vector<Event>& events) {
      return std::any_of(events.begin(), events.end(), [state](const Event& event) {
        return event.kind == Event::Kind::kState && event.state == state;
      });
    });
  }

  // The answer, once the submission is over; nullptr when that does not come.
  std::shared_ptr<const Record> final_record() {
    const auto is_over = [](const std::vector<Event>& events) {
      return !events.empty() && events.back().record != nullptr;
    };
    return wait_until(is_over) ? events().back().record : nullptr;
  }

  std::vector<Event> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }

  std::vector<State> states() const {
    std::vector<State> found;
    for (const Event& event : events()) {
      if (event.kind == Event::Kind::kState) found.push_back(event.state);
    }
    return found;
  }

  std::string output() const {
    std::string bytes;
    for (const Event& event : events()) {
      if (event.kind == Event::Kind::kOutput) bytes += event.bytes;
    }
    return bytes;
  }

 private:
  mutable std::mutex mutex_;  // Guards events_.
  std::condition_variable changed_;
  std::vector<Event> events_;
};

}  // namespace engine::testing
