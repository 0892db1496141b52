#include "sandbox/pins.h"

#include <gtest/gtest.h>

namespace engine::sandbox {
namespace {

TEST(Pins, TheOneWithTheFewestInUseIsNext) {
  Pins pins(2);
  EXPECT_TRUE(pins.is_next(0));
  EXPECT_TRUE(pins.is_next(1));
  pins.take(1);
  EXPECT_TRUE(pins.is_next(0));
  EXPECT_FALSE(pins.is_next(1));
  pins.take(0);
  pins.take(0);
  EXPECT_FALSE(pins.is_next(0));
  EXPECT_TRUE(pins.is_next(1));
  pins.give_back(0);
  pins.give_back(1);
  EXPECT_TRUE(pins.is_next(1));
  EXPECT_FALSE(pins.is_next(0));
}

TEST(Pins, OneIsAlwaysNext) {
  Pins pins(1);
  pins.take(0);
  pins.take(0);
  EXPECT_TRUE(pins.is_next(0));
}

}  // namespace
}  // namespace engine::sandbox
