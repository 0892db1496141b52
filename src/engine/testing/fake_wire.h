#pragma once

#include <string>
#include <vector>

#include "engine/testing/house.h"
#include "engine/wire.h"

namespace engine::testing {

// A wire whose words are easily told apart: a request is a Bash program, unless it is "bad"; every
// piece of progress is output.
class FakeWire final : public Wire {
 public:
  Result<SubmissionRequest> request(std::string_view json) const override {
    if (json == "bad") return Error{Errc::kInvalid, "nobody can read this", {}};
    return bash(std::string(json));
  }

  std::string progress(const std::vector<Event>& events) const override {
    std::string text;
    for (const Event& event : events)
      text += event.bytes;
    return text;
  }

  std::vector<Event> events(std::string_view progress) const override {
    Event event;
    event.kind = Event::Kind::kOutput;
    event.attempt = 1;
    event.test = 0;
    event.bytes = progress;
    return {event};
  }

  std::string outcome(const Record& record, const LinkTo& link_to, Bytes) const override {
    const auto link = link_to("log.txt");
    return "outcome of " + record.id.text + " at " + (link ? *link : "nowhere");
  }
};

}  // namespace engine::testing
