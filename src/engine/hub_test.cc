#include "engine/hub.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "engine/testing/listener.h"

namespace engine {
namespace {

using testing::EventLog;
using testing::Gate;

const SubmissionId kId{"a"};

Event running(int attempt = 1) {
  Event event;
  event.state = State::kRunning;
  event.attempt = attempt;
  return event;
}

Event usage(int processes) {
  Event event;
  event.kind = Event::Kind::kUsage;
  event.attempt = 1;
  event.usage.processes = processes;
  return event;
}

std::shared_ptr<const Record> record(State state) {
  auto made = std::make_shared<Record>();
  made->id = kId;
  made->state = state;
  return made;
}

Event finished() {
  Event event;
  event.state = State::kFinished;
  event.attempt = 1;
  event.record = record(State::kFinished);
  return event;
}

class HubTest : public ::testing::Test {
 protected:
  std::unique_ptr<Hub::Watcher> watch(Engine::Listener listener) {
    auto watcher = std::make_unique<Hub::Watcher>(hub_, kId, std::move(listener));
    watcher->begin(record(State::kQueued));
    return watcher;
  }

  std::shared_ptr<Hub> hub_ = std::make_shared<Hub>();
};

TEST_F(HubTest, KeepsNothingOfWhatNeitherRunsNorIsListenedTo) {
  hub_->publish(kId, running());
  EXPECT_FALSE(hub_->knows(kId));
  hub_->open(kId);
  auto watcher = watch([](const Event&) {});
  hub_->close(kId);
  EXPECT_TRUE(hub_->knows(kId));
  watcher.reset();
  EXPECT_FALSE(hub_->knows(kId));
}

TEST_F(HubTest, EventsComeInOrderAndEndWithTheFinalState) {
  EventLog log;
  const auto watcher = watch(log.listener());
  hub_->publish(kId, running());
  hub_->publish(kId, usage(1));
  hub_->publish(kId, usage(2));
  hub_->publish(kId, finished());
  hub_->publish(kId, usage(3));
  const auto events = log.events();
  ASSERT_EQ(events.size(), 5U);
  EXPECT_EQ(events[0].state, State::kQueued);
  EXPECT_EQ(events[1].state, State::kRunning);
  EXPECT_EQ(events[2].usage.processes, 1);
  EXPECT_EQ(events[3].usage.processes, 2);
  EXPECT_NE(events[4].record, nullptr);
}

TEST_F(HubTest, LateListenerGetsTheStateSoFar) {
  hub_->open(kId);
  hub_->publish(kId, running());
  hub_->publish(kId, usage(1));
  hub_->publish(kId, usage(7));
  EventLog log;
  const auto watcher = watch(log.listener());
  const auto events = log.events();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].state, State::kRunning);
  EXPECT_EQ(events[1].usage.processes, 7);
}

TEST_F(HubTest, WhatHappensBetweenTheLookAndTheBeginningIsNotMissed) {
  EventLog log;
  Hub::Watcher watcher(hub_, kId, log.listener());
  const auto seen_in_the_store = record(State::kQueued);
  hub_->publish(kId, running());
  hub_->publish(kId, finished());
  watcher.begin(seen_in_the_store);
  ASSERT_EQ(log.events().size(), 1U);
  EXPECT_NE(log.events()[0].record, nullptr);
}

TEST_F(HubTest, WhatTheStoreSaidIsNotSaidTwice) {
  EventLog log;
  Hub::Watcher watcher(hub_, kId, log.listener());
  auto seen = std::make_shared<Record>();
  seen->state = State::kRunning;
  seen->attempt = 1;
  watcher.begin(seen);
  hub_->publish(kId, running());
  EXPECT_EQ(log.states(), std::vector{State::kRunning});
}

TEST_F(HubTest, NoCallComesAfterTheEndOfASubscription) {
  EventLog log;
  auto watcher = watch(log.listener());
  watcher.reset();
  hub_->publish(kId, running());
  EXPECT_EQ(log.events().size(), 1U);
}

TEST_F(HubTest, EndOfASubscriptionWaitsForACallInProgress) {
  Gate gate;
  std::atomic<bool> returned = false;
  auto watcher = watch([&](const Event& event) {
    if (event.state != State::kRunning) return;
    gate.arrive();
    gate.pass();
    returned = true;
  });
  std::thread publisher([&] { hub_->publish(kId, running()); });
  ASSERT_TRUE(gate.wait_for_arrivals(1));
  std::thread opener([&] { gate.open(); });
  watcher.reset();
  EXPECT_TRUE(returned);
  publisher.join();
  opener.join();
}

TEST_F(HubTest, ListenerMayEndItsOwnSubscription) {
  std::unique_ptr<Hub::Watcher> watcher;
  int calls = 0;
  watcher = watch([&](const Event& event) {
    ++calls;
    if (event.state == State::kRunning) watcher.reset();
  });
  hub_->publish(kId, running());
  hub_->publish(kId, finished());
  EXPECT_EQ(calls, 2);
  EXPECT_FALSE(hub_->knows(kId));
}

TEST_F(HubTest, ListenersComeAndGoWhileEventsFlow) {
  hub_->open(kId);
  hub_->publish(kId, running());
  std::jthread publisher([this](const std::stop_token& stop) {
    for (int n = 0; !stop.stop_requested(); ++n)
      hub_->publish(kId, usage(n));
  });
  std::vector<std::jthread> comers;
  std::atomic<int> disorder = 0;
  for (int thread = 0; thread < 3; ++thread) {
    comers.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        int last = -1;
        const auto watcher = watch([&](const Event& event) {
          if (event.kind != Event::Kind::kUsage) return;
          disorder += event.usage.processes <= last;
          last = event.usage.processes;
        });
      }
    });
  }
  comers.clear();
  publisher.request_stop();
  publisher.join();
  EXPECT_EQ(disorder, 0);
  hub_->close(kId);
  EXPECT_FALSE(hub_->knows(kId));
}

TEST_F(HubTest, ThousandListenersShareOnePublisher) {
  hub_->open(kId);
  std::atomic<int> finals = 0;
  std::vector<std::unique_ptr<Hub::Watcher>> watchers;
  for (int n = 0; n < 1'000; ++n) {
    watchers.push_back(watch([&](const Event& event) { finals += event.record != nullptr; }));
  }
  hub_->publish(kId, finished());
  EXPECT_EQ(finals, 1'000);
}

}  // namespace
}  // namespace engine
