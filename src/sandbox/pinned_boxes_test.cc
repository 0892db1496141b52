#include <set>
#include <string>

#include <gmock/gmock.h>

#include "base/processors.h"
#include "sandbox/native_test.h"

// Boxes that are tied to processors.
namespace engine::sandbox {
namespace {

using ::testing::HasSubstr;

class PinnedBoxes : public NativeTest, public ::testing::WithParamInterface<Reuse> {
 protected:
  static NativeOptions pinned(int slots) {
    NativeOptions options = test_options(GetParam());
    options.instance = "pinned";
    options.pinned = true;
    options.slots = slots;
    return options;
  }
};

int all_processors() {
  return static_cast<int>(usable_processors().size());
}

// The numbers of the processors that a program in the box begins with: "0-1,4".
std::string processors_of(Box& box) {
  const auto report = box.run(shell("grep -o 'list:.*' /proc/self/status | head -n 1"));
  return report ? report->stdout_text : report.error().message;
}

TEST_P(PinnedBoxes, GiveEachRunAProcessorOfItsOwn) {
  std::set<std::string> each;
  for (const int number : usable_processors())
    each.insert("list:\t" + std::to_string(number) + "\n");
  const auto boxes = make_boxes(pinned(all_processors()));
  for (int round = 0; round < 3; ++round) {
    std::vector<std::unique_ptr<Box>> taken;
    std::set<std::string> seen;
    for (int i = 0; i < all_processors(); ++i) {
      auto box = boxes->acquire("host");
      ASSERT_TRUE(box) << box.error().message;
      taken.push_back(*std::move(box));
      seen.insert(processors_of(*taken.back()));
    }
    EXPECT_EQ(seen, each) << "round " << round;
  }
}

// Whoever holds one for long, beside the runs, shares its processor with them.
TEST_P(PinnedBoxes, AreThereForMoreOwnersThanProcessors) {
  NativeOptions options = pinned(all_processors());
  options.kept = 1;
  const auto boxes = make_boxes(options);
  std::vector<std::unique_ptr<Box>> taken;
  for (int i = 0; i < all_processors() + 1; ++i) {
    auto box = boxes->acquire("host");
    ASSERT_TRUE(box) << box.error().message;
    taken.push_back(*std::move(box));
    EXPECT_THAT(processors_of(*taken.back()), HasSubstr("list:\t"));
  }
}

// However often the others are taken, and whatever becomes of them.
TEST_P(PinnedBoxes, LeaveWhoHoldsOneAlone) {
  if (all_processors() == 1) GTEST_SKIP() << "there is one processor only";
  const auto boxes = make_boxes(pinned(all_processors()));
  auto held = boxes->acquire("host");
  ASSERT_TRUE(held) << held.error().message;
  const std::string taken = processors_of(**held);
  for (int i = 0; i < 3 * all_processors(); ++i) {
    auto box = boxes->acquire("host");
    ASSERT_TRUE(box) << box.error().message;
    EXPECT_NE(processors_of(**box), taken);
    RunSpec endless = shell("while :; do :; done");
    endless.limits.cpu_time = std::chrono::milliseconds{20};
    const auto report = (*box)->run(endless);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->end, End::kCpuTime);
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, PinnedBoxes,
                         ::testing::Values(Reuse::kRun, Reuse::kSubmission, Reuse::kPool));

TEST(PinnedSlots, AreNotMoreThanProcessors) {
  NativeOptions options = test_options();
  options.pinned = true;
  options.slots = all_processors() + 1;
  const auto manager = Manager::fork(options);
  ASSERT_FALSE(manager);
  EXPECT_EQ(manager.error().code, Errc::kInvalid);
  EXPECT_THAT(manager.error().message, HasSubstr("lower slots"));
}

}  // namespace
}  // namespace engine::sandbox
