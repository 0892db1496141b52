#include "runner/ahead_starts.h"

#include <gmock/gmock.h>

#include "runner/testing/fake_boxes.h"

namespace engine::testing {
namespace {

using sandbox::FileSet;
using ::testing::ElementsAre;

Language told_language() {
  Language language;
  language.id = "script";
  language.run = {"/usr/bin/script", "{entry}"};
  language.start_ahead = true;
  return language;
}

Plan plan_for(std::vector<std::string> run) {
  Plan plan;
  plan.image = "host";
  plan.run = std::move(run);
  plan.environment = {"A=1"};
  plan.sources = FileSet::make({
      {"main.s", "text", false}
  });
  return plan;
}

const Plan kUsual = plan_for({"/usr/bin/script", "main.s"});
const Plan kStranger = plan_for({"/usr/bin/script", "main.s", "argument"});

class AheadStartsTest : public ::testing::Test {
 protected:
  AheadStartsTest() { boxes_.starts_ahead = true; }

  // Afterwards all that was asked for stands.
  static std::unique_ptr<sandbox::Box> take(AheadStarts& ahead, const Plan& plan,
                                            bool has_input = false) {
    auto box = ahead.take(told_language(), plan, has_input);
    ahead.settle();
    return box;
  }

  FakeBoxes boxes_;
};

TEST_F(AheadStartsTest, AreStartedWhenFirstWantedAndOneForOneRun) {
  AheadStarts ahead(all_in(boxes_), {});
  EXPECT_TRUE(ahead.memory().empty());
  EXPECT_EQ(take(ahead, kUsual), nullptr);
  EXPECT_NE(take(ahead, kUsual), nullptr);
  EXPECT_THAT(ahead.memory(), ElementsAre(1_MiB));
  ASSERT_EQ(boxes_.starts.size(), 2);
  const FakeRun& start = boxes_.starts[0];
  EXPECT_THAT(start.spec.argv, ElementsAre("/usr/bin/script", "main.s"));
  EXPECT_THAT(start.spec.environment, ElementsAre("A=1"));
  EXPECT_EQ(start.files[0].name, "main.s");
  EXPECT_EQ(start.input, "");
  EXPECT_NE(boxes_.starts[1].box, start.box);
}

TEST_F(AheadStartsTest, AreForWhatTheyWereStartedAs) {
  AheadStarts ahead(all_in(boxes_), {});
  take(ahead, kUsual);
  EXPECT_EQ(take(ahead, kStranger), nullptr);
  EXPECT_EQ(ahead.take(told_language(), kUsual, true), nullptr);
}

TEST_F(AheadStartsTest, OneStrangerChangesNothingAndTwoInARowDo) {
  AheadStarts ahead(all_in(boxes_), {});
  take(ahead, kUsual);
  EXPECT_EQ(take(ahead, kStranger), nullptr);
  EXPECT_NE(take(ahead, kUsual), nullptr);
  EXPECT_EQ(take(ahead, kStranger), nullptr);
  EXPECT_EQ(take(ahead, kStranger), nullptr);
  EXPECT_NE(take(ahead, kStranger), nullptr);
  EXPECT_EQ(take(ahead, kUsual), nullptr);
}

TEST_F(AheadStartsTest, InputIsKnownToCome) {
  AheadStarts ahead(all_in(boxes_), {});
  take(ahead, kUsual, true);
  EXPECT_NE(take(ahead, kUsual, true), nullptr);
  EXPECT_NE(boxes_.starts[0].input, "");
}

TEST_F(AheadStartsTest, EndWhenNobodyAsks) {
  AheadStarts ahead(all_in(boxes_), {.idle = Milliseconds{0}});
  take(ahead, kUsual);
  EXPECT_TRUE(ahead.memory().empty());
}

TEST_F(AheadStartsTest, WhatCannotBeStartedIsNotTriedAgainAtOnce) {
  boxes_.start_fault = "it does not open its program";
  AheadStarts ahead(all_in(boxes_), {});
  take(ahead, kUsual);
  EXPECT_EQ(take(ahead, kUsual), nullptr);
  EXPECT_EQ(take(ahead, kUsual), nullptr);
  EXPECT_THAT(boxes_.journal, ElementsAre("acquire", "release"));
}

TEST_F(AheadStartsTest, AreOnlyForWhomTheySuit) {
  AheadStarts ahead(all_in(boxes_), {});
  Language fresh = told_language();
  fresh.start_ahead = false;
  EXPECT_EQ(ahead.take(fresh, kUsual, false), nullptr);
  Plan several = kUsual;
  several.sources = FileSet::make({
      {"main.s",  "", false},
      {"other.s", "", false}
  });
  EXPECT_EQ(ahead.take(told_language(), several, false), nullptr);
  Plan below = kUsual;
  below.sources = FileSet::make({
      {"part/main.s", "", false}
  });
  EXPECT_EQ(ahead.take(told_language(), below, false), nullptr);
  Plan compiled = kUsual;
  compiled.compile = {"/usr/bin/compiler"};
  EXPECT_EQ(ahead.take(told_language(), compiled, false), nullptr);
  AheadStarts off(all_in(boxes_), {.each = 0});
  EXPECT_EQ(off.take(told_language(), kUsual, false), nullptr);
  boxes_.starts_ahead = false;
  EXPECT_EQ(ahead.take(told_language(), kUsual, false), nullptr);
  ahead.settle();
  off.settle();
  EXPECT_TRUE(boxes_.journal.empty());
}

}  // namespace
}  // namespace engine::testing
