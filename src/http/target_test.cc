#include "http/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine::http {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Target, PathIsDecodedAndKeepsItsPlus) {
  EXPECT_EQ(decode_target("/a%20b+c/%C3%a4")->path, "/a b+c/\xc3\xa4");
  EXPECT_EQ(decode_target("/%2e%2e/x")->path, "/../x");
  EXPECT_EQ(decode_target("*")->path, "*");
}

TEST(Target, QueryIsDecodedInOrder) {
  const auto target = decode_target("/p?a=1+2&b&=c&&a=%26%3D%00&d=x=y");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/p");
  EXPECT_THAT(target->query, ElementsAre(Pair("a", "1 2"), Pair("b", ""), Pair("", "c"),
                                         Pair("a", std::string("&=\0", 3)), Pair("d", "x=y")));
  EXPECT_TRUE(decode_target("/p?")->query.empty());
}

TEST(Target, AbsoluteFormLosesItsHost) {
  EXPECT_EQ(decode_target("http://host:1/a?b=c")->path, "/a");
  EXPECT_EQ(decode_target("HTTPS://host")->path, "/");
  EXPECT_EQ(decode_target("http://host?b=c")->path, "/");
  EXPECT_EQ(decode_target("http://host?b=c")->query.size(), 1U);
}

TEST(Target, WhatCannotBeReadIsRefused) {
  for (const char* text : {"/%", "/%4", "/%zz", "/a%g1", "/?a=%", "/?%z=1", "/%00", "/%0a", "/%7f",
                           "host:443", "a/b", "ftp://host/"}) {
    const auto target = decode_target(text);
    ASSERT_FALSE(target) << text;
    EXPECT_EQ(target.error().code, Errc::kInvalid);
  }
}

TEST(Target, PercentDecodeTakesAnyByte) {
  EXPECT_EQ(*percent_decode("a+%00%fF"), std::string("a+\0\xff", 4));
  EXPECT_FALSE(percent_decode("%-1"));
}

}  // namespace
}  // namespace engine::http
