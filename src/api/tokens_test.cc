#include "api/tokens.h"

#include <cstdio>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine::api {
namespace {

constexpr std::string_view kAlices = "alice-0123456789abcdef";
constexpr std::string_view kBobsToken = "bob-0123456789abcdef";

std::string line_of(std::string_view owner, std::string_view token) {
  return *hash_token(owner, token) + "\n";
}

TEST(Tokens, LetsInWhoIsListed) {
  const auto tokens =
      Tokens::parse("# staff\n\n" + line_of("alice", kAlices) + "  " +
                    line_of("alice", "a-second-one-of-hers") + line_of("bob@x.org", kBobsToken));
  ASSERT_TRUE(tokens) << tokens.error().message;
  EXPECT_EQ(tokens->owner_of(kAlices), OwnerId{"alice"});
  EXPECT_EQ(tokens->owner_of("a-second-one-of-hers"), OwnerId{"alice"});
  EXPECT_EQ(tokens->owner_of(kBobsToken), OwnerId{"bob@x.org"});
  EXPECT_EQ(tokens->owner_of("bob-0123456789abcdeX"), std::nullopt);
  EXPECT_EQ(tokens->owner_of(""), std::nullopt);
}

TEST(Tokens, TheFileDoesNotHoldTheToken) {
  const std::string line = line_of("alice", kAlices);
  EXPECT_EQ(line.find(kAlices), std::string::npos);
  // The hash itself is no token.
  EXPECT_EQ(Tokens::parse(line)->owner_of(line.substr(6, 64)), std::nullopt);
}

TEST(Tokens, RefusesMalformedLinesByNumber) {
  const std::string good = line_of("alice", kAlices);
  const std::pair<std::string, std::string> cases[] = {
      {"", "holds no token"},
      {"# nobody\n", "holds no token"},
      {good + "bob\n", "line 2"},
      {good + "\nbob:1234\n", "line 3"},
      {good + ":" + std::string(64, 'a'), "the owner"},
      {good + "a b:" + std::string(64, 'a'), "the owner"},
      {good + "bob:" + std::string(64, 'g'), "64 hexadecimal"},
      {good + "bob:" + std::string(65, 'a'), "64 hexadecimal"},
      {good + "bob:" + good.substr(6, 64), "stands twice"},
      {std::string(65, 'a') + ":" + std::string(64, 'a'), "the owner"},
  };
  for (const auto& [text, want] : cases) {
    const auto tokens = Tokens::parse(text);
    ASSERT_FALSE(tokens) << text;
    EXPECT_EQ(tokens.error().code, Errc::kInvalid);
    EXPECT_THAT(tokens.error().message, ::testing::HasSubstr(want));
  }
}

TEST(Tokens, LoadsAFile) {
  const std::string path = ::testing::TempDir() + "tokens_test.txt";
  std::ofstream(path) << line_of("alice", kAlices);
  const auto tokens = Tokens::load(path);
  std::remove(path.c_str());
  ASSERT_TRUE(tokens) << tokens.error().message;
  EXPECT_TRUE(tokens->owner_of(kAlices));
  EXPECT_EQ(Tokens::load(path).error().code, Errc::kNotFound);
  EXPECT_FALSE(Tokens::load(::testing::TempDir()));
}

TEST(HashToken, RefusesWeakTokensAndBadOwners) {
  EXPECT_EQ(hash_token("alice", "short").error().field, "token");
  EXPECT_EQ(hash_token("alice", "has blanks inside it").error().field, "token");
  EXPECT_EQ(hash_token("", kAlices).error().field, "owner");
  EXPECT_EQ(hash_token("a:b", kAlices).error().field, "owner");
}

TEST(BearerToken, IsFoundInAnAuthorizationHeader) {
  EXPECT_EQ(bearer_token("Bearer abc"), "abc");
  EXPECT_EQ(bearer_token("bEaReR  abc "), "abc");
  for (const auto* header : {"", "Bearer", "Bearer ", "Basic abc", "Bearer a b", "Bearerabc"}) {
    EXPECT_EQ(bearer_token(header), std::nullopt) << header;
  }
}

}  // namespace
}  // namespace engine::api
