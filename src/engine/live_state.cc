#include "engine/live_state.h"

#include <algorithm>

namespace engine {

Event state_event(const std::shared_ptr<const Record>& record) {
  Event event;
  event.attempt = record->attempt;
  event.state = record->state;
  if (is_final(record->state)) event.record = record;
  return event;
}

bool LiveState::note(Event& event) {
  if (event.kind == Event::Kind::kState) return note_state(event);
  const bool current =
      state_ && state_->state == State::kRunning && state_->attempt == event.attempt;
  if (!current) return false;
  switch (event.kind) {
    case Event::Kind::kState: break;
    case Event::Kind::kPhase: phase_ = event; break;
    case Event::Kind::kUsage: usage_ = event; break;
    case Event::Kind::kOutput: return note_output(event);
  }
  return true;
}

bool LiveState::note_state(const Event& event) {
  if (state_) {
    if (is_final(state_->state)) return false;
    if (!is_final(event.state) && event.attempt < state_->attempt) return false;
    if (event.state == state_->state && event.attempt == state_->attempt) return false;
  }
  state_ = event;
  forget_run();
  return true;
}

bool LiveState::note_output(Event& event) {
  Bytes& run_size = sizes_[event.test];
  const auto room = static_cast<std::size_t>((output_per_run_ - run_size).count);
  if (event.bytes.size() > room) event.bytes.resize(room);
  if (event.bytes.empty()) return false;

  const Bytes size{static_cast<std::int64_t>(event.bytes.size())};
  run_size = run_size + size;
  output_size_ = output_size_ + size;
  const bool joins = !output_.empty() && output_.back().test == event.test &&
                     output_.back().stream == event.stream;
  if (joins) {
    output_.back().bytes += event.bytes;
  } else {
    output_.push_back(event);
  }
  while (output_size_ > output_together_ && output_.front().test != event.test) {
    forget_oldest_output();
  }
  return true;
}

void LiveState::forget_run() {
  phase_.reset();
  usage_.reset();
  output_.clear();
  output_size_ = {};
  sizes_.clear();
}

void LiveState::forget_oldest_output() {
  const auto size = static_cast<std::int64_t>(output_.front().bytes.size());
  output_size_ = output_size_ - Bytes{size};
  output_.pop_front();
}

std::vector<Event> LiveState::replay(const std::shared_ptr<const Record>& record) const {
  if (!state_ || is_final(record->state)) return {state_event(record)};
  std::vector<Event> events{*state_};
  events.insert(events.end(), output_.begin(), output_.end());
  if (phase_) events.push_back(*phase_);
  if (usage_) events.push_back(*usage_);
  return events;
}

}  // namespace engine
