#include "runner/warm_starts.h"

#include <gmock/gmock.h>

#include "runner/testing/fake_boxes.h"

namespace engine::testing {
namespace {

using ::testing::UnorderedElementsAre;

Language python() {
  Language language;
  language.id = "python";
  language.run = {"/usr/bin/python3", "{entry}"};
  language.warm = true;
  return language;
}

Plan plan_of(std::vector<std::string> run) {
  Plan plan;
  plan.image = "host";
  plan.run = std::move(run);
  return plan;
}

const Plan kPlan = plan_of({"/usr/bin/python3", "main.py", "argument"});

class WarmStartsTest : public ::testing::Test {
 protected:
  WarmStartsTest() {
    boxes_.thaws = true;
    boxes_.answer = [](const FakeRun&) { return sandbox::RunReport{.exit_code = 1}; };
  }

  FakeBoxes boxes_;
};

TEST_F(WarmStartsTest, AreMadeWhenFirstWanted) {
  WarmStarts warm(all_in(boxes_), {});
  EXPECT_TRUE(boxes_.runs.empty());
  EXPECT_EQ(warm.find(python(), kPlan), nullptr);
  warm.settle();
  ASSERT_EQ(boxes_.runs.size(), 1);
  const sandbox::RunSpec& spec = boxes_.runs[0].spec;
  EXPECT_EQ(spec.argv.front(), "/usr/bin/python3");
  EXPECT_EQ(spec.argv.size(), 2);  // The program's name, and none of its arguments.
  EXPECT_EQ(warm.memory(), Bytes{0});
}

TEST_F(WarmStartsTest, ThereIsOneForEachSetOfModulesAndAPlainOneUntilThen) {
  Language language = python();
  language.source = "main.py";
  language.preloads = {{"numpy"}};
  Plan plan = kPlan;
  plan.sources = sandbox::FileSet::make({
      {"main.py", "import numpy\n", false}
  });
  WarmStarts warm(all_in(boxes_), {});
  warm.find(language, plan);
  warm.settle();
  std::vector<std::string> preloaded;
  for (const FakeRun& run : boxes_.runs)
    preloaded.push_back(run.spec.files->files().back().content);
  EXPECT_THAT(preloaded, UnorderedElementsAre("numpy\n", ""));
  warm.find(language, kPlan);
  warm.settle();
  EXPECT_EQ(boxes_.runs.size(), 2);
}

TEST_F(WarmStartsTest, WhatCannotBeMadeIsNotTriedAgainAtOnce) {
  WarmStarts warm(all_in(boxes_), {});
  warm.find(python(), kPlan);
  warm.settle();
  EXPECT_EQ(warm.find(python(), kPlan), nullptr);
  warm.settle();
  EXPECT_EQ(boxes_.runs.size(), 1);
}

TEST_F(WarmStartsTest, AreOnlyForWhomTheySuit) {
  WarmStarts warm(all_in(boxes_), {});
  Language cold = python();
  cold.warm = false;
  EXPECT_EQ(warm.find(cold, kPlan), nullptr);
  Language odd = python();
  odd.run = {"/usr/bin/python3", "{entry}", "more"};
  EXPECT_EQ(warm.find(odd, plan_of({"/usr/bin/python3", "main.py", "more"})), nullptr);
  EXPECT_EQ(warm.find(python(), plan_of({"/usr/bin/python3", "-c.py"})), nullptr);
  WarmStarts off(all_in(boxes_), {.enabled = false});
  EXPECT_EQ(off.find(python(), kPlan), nullptr);
  boxes_.thaws = false;
  EXPECT_EQ(warm.find(python(), kPlan), nullptr);
  warm.settle();
  EXPECT_TRUE(boxes_.runs.empty());
}

}  // namespace
}  // namespace engine::testing
