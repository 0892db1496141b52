#include "base/doorbell.h"

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace engine {
namespace {

using std::chrono::steady_clock;

TEST(Doorbell, WhoWaitsGoesOnWhenItRings) {
  for (int round = 0; round < 1'000; ++round) {
    Doorbell bell;
    int said = 0;
    std::jthread ringer([&] {
      said = round;
      bell.ring();
    });
    if (round % 2 == 0) {
      bell.wait();
    } else {
      ASSERT_TRUE(bell.wait_until(steady_clock::now() + std::chrono::minutes(1)));
    }
    EXPECT_EQ(said, round);
  }
}

TEST(Doorbell, MayHaveRungBefore) {
  Doorbell bell;
  bell.ring();
  bell.wait();
  EXPECT_TRUE(bell.wait_until(steady_clock::now()));
}

TEST(Doorbell, NobodyWaitsLongerThanHeMeantTo) {
  Doorbell bell;
  EXPECT_FALSE(bell.wait_until(steady_clock::now() - std::chrono::hours(1)));
  EXPECT_FALSE(bell.wait_until(steady_clock::now() + std::chrono::milliseconds(2)));
  bell.ring();
  bell.wait();
}

// As a call does that lives on the stack of who waits for it.
TEST(Doorbell, IsTheWaitersAsSoonAsItHasRung) {
  for (int round = 0; round < 1'000; ++round) {
    auto bell = std::make_unique<Doorbell>();
    std::jthread ringer([at = bell.get()] { at->ring(); });
    bell->wait();
    bell.reset();
  }
}

TEST(Chime, WakesWhoWasRungAndNobodyElse) {
  constexpr std::size_t kBells = 70;  // Of three groups.
  Chime chime;
  std::array<Chime::Bell, kBells> bells;
  std::atomic<std::size_t> gone_on = 0;
  std::vector<std::jthread> waiters;
  for (std::size_t i = 0; i < kBells; ++i) {
    Chime::number(bells[i], i);
    waiters.emplace_back([&, i] {
      chime.wait(bells[i]);
      ++gone_on;
      gone_on.notify_all();
    });
  }
  const auto ring_every_second = [&](std::size_t first) {
    for (std::size_t i = first; i < kBells; i += 2)
      chime.ring(bells[i]);
    chime.flush();
  };
  ring_every_second(0);
  for (std::size_t so_far = gone_on; so_far < kBells / 2; so_far = gone_on)
    gone_on.wait(so_far);
  EXPECT_FALSE(chime.wait_until(bells[1], steady_clock::now() + std::chrono::milliseconds(2)));
  EXPECT_EQ(gone_on, kBells / 2);
  ring_every_second(1);
  waiters.clear();
  EXPECT_EQ(gone_on, kBells);
}

// Who flushes may wake those whom another is about to ring; nobody sleeps for ever.
TEST(Chime, IsRungByManyAtOnce) {
  Chime chime;
  std::vector<std::jthread> pairs;
  for (std::size_t pair = 0; pair < 4; ++pair) {
    pairs.emplace_back([&chime, pair] {
      for (int round = 0; round < 2'000; ++round) {
        Chime::Bell bell;
        Chime::number(bell, pair);
        std::jthread ringer([&chime, at = &bell] {
          chime.ring(*at);
          chime.flush();
        });
        chime.wait(bell);
      }
    });
  }
}

}  // namespace
}  // namespace engine
