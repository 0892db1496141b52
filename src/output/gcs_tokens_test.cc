#include "output/gcs_tokens.h"

#include <atomic>
#include <future>
#include <latch>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "output/testing/fake_gcs.h"

namespace engine::gcs {
namespace {

using std::chrono::seconds;

class TokensTest : public ::testing::Test {
 protected:
  LeapClock clock_;
  std::atomic<int> fetches_ = 0;
  bool is_away_ = false;
  seconds lifetime_{3600};
  Tokens tokens_{[this]() -> Result<FreshToken> {
                   ++fetches_;
                   if (is_away_) return Error{Errc::kUnavailable, "away", {}};
                   return FreshToken{"token " + std::to_string(fetches_), lifetime_};
                 },
                 clock_};
};

TEST_F(TokensTest, AreFetchedOnceAndAgainBeforeTheirEnd) {
  EXPECT_EQ(*tokens_.get(), "token 1");
  clock_.leap_steady(seconds{3300});
  EXPECT_EQ(*tokens_.get(), "token 1");
  clock_.leap_steady(seconds{100});
  EXPECT_EQ(*tokens_.get(), "token 2");
}

TEST_F(TokensTest, OfAShortLifeAreUsedAllTheSame) {
  lifetime_ = seconds{100};
  EXPECT_EQ(*tokens_.get(), "token 1");
  EXPECT_EQ(*tokens_.get(), "token 1");
  clock_.leap_steady(seconds{60});
  EXPECT_EQ(*tokens_.get(), "token 2");
}

TEST_F(TokensTest, AFailedRenewalHurtsOnlyAtTheEnd) {
  EXPECT_EQ(*tokens_.get(), "token 1");
  is_away_ = true;
  clock_.leap_steady(seconds{3400});
  EXPECT_EQ(*tokens_.get(), "token 1");
  EXPECT_EQ(*tokens_.get(), "token 1");
  EXPECT_EQ(fetches_, 2);
  clock_.leap_steady(seconds{190});
  EXPECT_EQ(tokens_.get().error().code, Errc::kUnavailable);
  is_away_ = false;
  EXPECT_EQ(*tokens_.get(), "token 4");
}

TEST_F(TokensTest, OneThatWasRefusedIsNotGivenAgain) {
  EXPECT_EQ(*tokens_.get(), "token 1");
  tokens_.drop("token 1");
  EXPECT_EQ(*tokens_.get(), "token 2");
  tokens_.drop("token 1");
  EXPECT_EQ(*tokens_.get(), "token 2");
}

TEST_F(TokensTest, OneFetchesForAll) {
  std::vector<std::string> tokens(8);
  {
    std::latch together(8);
    std::vector<std::jthread> threads;
    for (std::string& token : tokens) {
      threads.emplace_back([&] {
        together.arrive_and_wait();
        token = *tokens_.get();
      });
    }
  }
  EXPECT_EQ(fetches_, 1);
  for (const std::string& token : tokens)
    EXPECT_EQ(token, "token 1");
}

TEST(Tokens, WhoeverHasOneThatHoldsDoesNotWaitForTheNext) {
  LeapClock clock;
  std::promise<void> is_asked;
  std::promise<void> may_answer;
  int fetches = 0;
  Tokens tokens(
      [&]() -> Result<FreshToken> {
        if (++fetches == 2) {
          is_asked.set_value();
          may_answer.get_future().wait();
        }
        return FreshToken{"token " + std::to_string(fetches), seconds{3600}};
      },
      clock);
  EXPECT_EQ(*tokens.get(), "token 1");
  clock.leap_steady(seconds{3400});
  auto renewed = std::async(std::launch::async, [&] { return *tokens.get(); });
  is_asked.get_future().wait();
  EXPECT_EQ(*tokens.get(), "token 1");
  may_answer.set_value();
  EXPECT_EQ(renewed.get(), "token 2");
}

}  // namespace
}  // namespace engine::gcs
