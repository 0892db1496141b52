#include "engine/live_state.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

Event state(State to, int attempt) {
  Event event;
  event.state = to;
  event.attempt = attempt;
  return event;
}

Event output(int attempt, int test, std::string bytes) {
  Event event;
  event.kind = Event::Kind::kOutput;
  event.attempt = attempt;
  event.test = test;
  event.bytes = std::move(bytes);
  return event;
}

Event phase(int attempt) {
  Event event;
  event.kind = Event::Kind::kPhase;
  event.attempt = attempt;
  return event;
}

class LiveStateTest : public ::testing::Test {
 protected:
  bool note(Event event) { return live_.note(event); }

  std::string replayed_output() {
    std::string bytes;
    for (const Event& event : live_.replay(queued_)) {
      if (event.kind == Event::Kind::kOutput) bytes += event.bytes;
    }
    return bytes;
  }

  LiveState live_{Bytes{4}, Bytes{6}};
  std::shared_ptr<const Record> queued_ = std::make_shared<Record>();
};

TEST_F(LiveStateTest, StoresViewCountsWhereNothingWasPublished) {
  const auto events = live_.replay(queued_);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].state, State::kQueued);
  EXPECT_EQ(events[0].record, nullptr);
}

TEST_F(LiveStateTest, FinalRecordIsTheWholeAnswer) {
  auto record = std::make_shared<Record>();
  record->state = State::kFinished;
  note(state(State::kRunning, 1));
  const auto events = live_.replay(record);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].record, record);
}

TEST_F(LiveStateTest, NothingFollowsAFinalState) {
  EXPECT_TRUE(note(state(State::kRunning, 1)));
  EXPECT_TRUE(note(state(State::kCancelled, 0)));
  EXPECT_FALSE(note(state(State::kFinished, 1)));
  EXPECT_FALSE(note(output(1, 0, "late")));
}

TEST_F(LiveStateTest, OlderAttemptIsNoNews) {
  EXPECT_TRUE(note(state(State::kRunning, 2)));
  EXPECT_FALSE(note(state(State::kQueued, 1)));
  EXPECT_FALSE(note(output(1, 0, "old")));
  EXPECT_FALSE(note(phase(1)));
  EXPECT_TRUE(note(phase(2)));
}

TEST_F(LiveStateTest, OutputIsCutPerRun) {
  note(state(State::kRunning, 1));
  Event first = output(1, 0, "abc");
  Event second = output(1, 0, "def");
  EXPECT_TRUE(live_.note(first));
  EXPECT_TRUE(live_.note(second));
  EXPECT_EQ(second.bytes, "d");
  EXPECT_FALSE(note(output(1, 0, "x")));
  EXPECT_TRUE(note(output(1, 1, "x")));
}

TEST_F(LiveStateTest, OutputIsCutPerRunThoughRunsTakeTurns) {
  note(state(State::kRunning, 1));
  EXPECT_TRUE(note(output(1, 0, "abc")));
  EXPECT_TRUE(note(output(1, 1, "abc")));
  EXPECT_TRUE(note(output(1, 0, "d")));
  EXPECT_FALSE(note(output(1, 0, "e")));
  EXPECT_TRUE(note(output(1, 1, "d")));
}

TEST_F(LiveStateTest, OldestOutputIsForgottenFirst) {
  note(state(State::kRunning, 1));
  note(output(1, -1, "cccc"));
  note(output(1, 0, "aa"));
  EXPECT_EQ(replayed_output(), "ccccaa");
  note(output(1, 1, "b"));
  EXPECT_EQ(replayed_output(), "aab");
}

TEST_F(LiveStateTest, NewAttemptBeginsAnew) {
  note(state(State::kRunning, 1));
  note(phase(1));
  note(output(1, 0, "ab"));
  note(state(State::kQueued, 1));
  EXPECT_EQ(live_.replay(queued_).size(), 1U);
  note(state(State::kRunning, 2));
  note(output(2, 0, "c"));
  EXPECT_EQ(replayed_output(), "c");
}

}  // namespace
}  // namespace engine
