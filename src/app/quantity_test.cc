#include "app/quantity.h"

#include <gtest/gtest.h>

namespace engine::app {
namespace {

TEST(Quantity, Durations) {
  EXPECT_EQ(*parse_duration("250ms"), Milliseconds{250});
  EXPECT_EQ(*parse_duration("2s"), Milliseconds{2'000});
  EXPECT_EQ(*parse_duration("7d"), Milliseconds{7 * 86'400'000});
  for (const char* wrong :
       {"", "2", "s", "2 s", "2sec", "1.5s", "99999999999999999999s", "9223372036854775807d"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(Quantity, Sizes) {
  EXPECT_EQ(*parse_size("4096"), 4_KiB);
  EXPECT_EQ(*parse_size("256MiB"), 256_MiB);
  EXPECT_EQ(*parse_size("-1"), Bytes{-1});  // Judged where it is used.
  for (const char* wrong : {"", "MiB", "1MB", "1 MiB", "1e3", "0x10", "9223372036854775807KiB"})
    EXPECT_FALSE(parse_size(wrong)) << wrong;
}

}  // namespace
}  // namespace engine::app
