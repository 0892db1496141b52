#include "domain/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine {
namespace {

struct Case {
  std::string name;
  LimitsRequest request;
  std::string want_field;  // Empty: admitted.
};

class Admit : public ::testing::TestWithParam<Case> {};

TEST_P(Admit, KeepsOrRefuses) {
  const Limits ceiling{.wall_time = Milliseconds{5'000}, .memory = 1_GiB};
  const auto admitted = admit(Limits{}, GetParam().request, ceiling, "limits");
  ASSERT_EQ(admitted.has_value(), GetParam().want_field.empty());
  if (!admitted) {
    EXPECT_EQ(admitted.error().code, Errc::kInvalid);
    EXPECT_EQ(admitted.error().field, GetParam().want_field);
  }
}

const Case kCases[] = {
    {"nothing_is_kept",   {},                                    ""                  },
    {"under_is_kept",     {.wall_time = Milliseconds{4'000}},    ""                  },
    {"over_is_refused",   {.wall_time = Milliseconds{9'000}},    "limits.wallTimeMs" },
    {"zero_is_refused",   {.wall_time = Milliseconds{0}},        "limits.wallTimeMs" },
    {"minus_is_refused",  {.memory = Bytes{-1}},                 "limits.memoryBytes"},
    {"files_are_checked", {.files = 0},                          "limits.files"      },
    {"first_fault_wins",  {.memory = Bytes{0}, .processes = -1}, "limits.memoryBytes"},
};
INSTANTIATE_TEST_SUITE_P(Limits, Admit, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST(Overlay, StackFollowsMemoryUnlessSet) {
  EXPECT_EQ(overlay(Limits{}, {.memory = 16_MiB}).stack, 8_MiB);
  EXPECT_EQ(overlay(Limits{}, {.memory = 1_GiB}).stack, 64_MiB);
  EXPECT_EQ(overlay(Limits{}, {.memory = 16_MiB, .stack = 12_MiB}).stack, 12_MiB);
  EXPECT_EQ(overlay({.stack = 1_MiB}, {.memory = 1_GiB}).stack, 1_MiB);
}

TEST(Admit, SaysTheCeiling) {
  const auto refused =
      admit(Limits{}, {.cpu_time = Milliseconds{9'000}}, Limits{}, "compileLimits");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, ::testing::HasSubstr("ceiling of 2000"));
}

}  // namespace
}  // namespace engine
