#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "engine/engine.h"

namespace engine {

// What has been seen of one submission so far, in bounded memory. Not safe from several threads.
class LiveState {
 public:
  LiveState(Bytes output_per_run, Bytes output_together)
      : output_per_run_(output_per_run), output_together_(output_together) {}

  // Takes an event in. False: it is not to be passed on, being of an older attempt, after the end,
  // or output above the limit. Output that passes the limit is cut.
  bool note(Event& event);

  // The events that bring a new listener up to date. `record` is the store's view, which counts
  // where nothing was published.
  std::vector<Event> replay(const std::shared_ptr<const Record>& record) const;

 private:
  bool note_state(const Event& event);
  bool note_output(Event& event);
  void forget_run();
  void forget_oldest_output();

  Bytes output_per_run_;
  Bytes output_together_;

  std::optional<Event> state_;  // The last kState; nothing before the first one.
  std::optional<Event> phase_;
  std::optional<Event> usage_;
  std::deque<Event> output_;    // Neighbours of one test and stream are joined.
  Bytes output_size_;           // Of all in output_.
  std::map<int, Bytes> sizes_;  // Of what was passed on, by test: several may run at once.
};

// The event that says where a submission stands by the store's view of it.
Event state_event(const std::shared_ptr<const Record>& record);

}  // namespace engine
