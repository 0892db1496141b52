#include "engine/slots.h"

#include <optional>
#include <thread>

#include <gtest/gtest.h>

namespace engine {
namespace {

TEST(Slots, LendsWhatNobodyHolds) {
  Slots slots(2, true);
  const Slots::Hold hold(slots);
  EXPECT_TRUE(slots.try_borrow());
  EXPECT_FALSE(slots.try_borrow());
  slots.give_back();
  EXPECT_TRUE(slots.try_borrow());
  slots.give_back();
}

TEST(Slots, LendsNothingWhereItMustNot) {
  Slots slots(2, false);
  EXPECT_FALSE(slots.try_borrow());
}

TEST(Slots, WhoWaitsGetsWhatComesBack) {
  Slots slots(1, true);
  ASSERT_TRUE(slots.try_borrow());
  EXPECT_FALSE(slots.is_wanted());
  std::optional<Slots::Hold> hold;
  std::thread submission([&] { hold.emplace(slots); });
  while (!slots.is_wanted())
    std::this_thread::yield();
  EXPECT_FALSE(slots.try_borrow());
  slots.give_back();
  submission.join();
  EXPECT_FALSE(slots.is_wanted());
  EXPECT_FALSE(slots.try_borrow());
  hold.reset();
  EXPECT_TRUE(slots.try_borrow());
}

}  // namespace
}  // namespace engine
