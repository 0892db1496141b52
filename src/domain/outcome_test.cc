#include "domain/outcome.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

struct Comparison {
  std::string name;
  std::string actual;
  std::string expected;
  bool same;
};
class SameOutput : public ::testing::TestWithParam<Comparison> {};

TEST_P(SameOutput, Compares) {
  EXPECT_EQ(same_output(GetParam().actual, GetParam().expected), GetParam().same);
  EXPECT_EQ(same_output(GetParam().expected, GetParam().actual), GetParam().same);
}

const Comparison kComparisons[] = {
    {"equal", "1 2\n3\n", "1 2\n3\n", true},
    {"no_last_newline", "1\n2", "1\n2\n", true},
    {"blank_lines_at_the_end", "1\n\n \n\t", "1", true},
    {"blanks_at_line_ends", "1  \n2\t\n", "1\n2\n", true},
    {"windows_line_ends", "1\r\n2\r\n", "1\n2\n", true},
    {"leading_blank_counts", " 1\n", "1\n", false},
    {"inner_blank_line_counts", "1\n\n2", "1\n2", false},
    {"inner_blanks_count", "1  2", "1 2", false},
    {"prefix_is_not_enough", "1\n2", "1", false},
    {"both_empty", "", "\n\n", true},
    {"nul_is_a_character", std::string("a\0b", 3), "ab", false},
};
INSTANTIATE_TEST_SUITE_P(Outcome, SameOutput, ::testing::ValuesIn(kComparisons),
                         [](const auto& test) { return test.param.name; });

TEST(VerdictOf, FirstFailureInTestOrder) {
  std::vector<RunOutcome> runs(3);
  runs[0].verdict = Verdict::kAccepted;
  runs[1].verdict = Verdict::kWrongAnswer;
  runs[2].verdict = Verdict::kTimeLimit;
  EXPECT_EQ(verdict_of(std::nullopt, runs), Verdict::kWrongAnswer);
  EXPECT_EQ(verdict_of(CompileOutcome{.verdict = Verdict::kTimeLimit}, {}), Verdict::kCompileError);
  EXPECT_EQ(verdict_of(CompileOutcome{.verdict = Verdict::kAccepted}, {}), Verdict::kAccepted);
}

TEST(Words, GoBothWays) {
  for (int i = 0; i <= static_cast<int>(Verdict::kInternalError); ++i) {
    const auto verdict = static_cast<Verdict>(i);
    EXPECT_EQ(verdict_from(to_string(verdict)), verdict);
  }
  for (const State state : {State::kQueued, State::kRunning, State::kFinished, State::kCancelled}) {
    EXPECT_EQ(state_from(to_string(state)), state);
  }
  EXPECT_FALSE(verdict_from("unknown"));
}

}  // namespace
}  // namespace engine
