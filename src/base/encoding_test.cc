#include "base/encoding.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

using namespace std::string_view_literals;

TEST(Base64, RoundTripsEveryLengthAndByte) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    const auto back = from_base64(to_base64(bytes));
    ASSERT_TRUE(back);
    ASSERT_EQ(*back, bytes);
    bytes += static_cast<char>(i * 7);
  }
}

TEST(Base64, KnownVectors) {
  EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(to_base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(*from_base64("Zm9vYmFy"), "foobar");
}

TEST(Base64, RefusesWhatIsNotStrict) {
  for (const auto text :
       {"Zg", "Zg== ", "Z===", "====", "Zh==", "Zm9vYmF\n", "Zm 9v", "Zg==Zg==", "Zm9=Zm9v"}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

TEST(Utf8, KnowsWellFormedFromMalformed) {
  for (const auto good : {""sv, "a\0b"sv, "é"sv, "€"sv, "😀"sv, "\xf4\x8f\xbf\xbf"sv}) {
    EXPECT_TRUE(is_utf8(good));
  }
  for (const auto bad : {"\x80"sv, "\xc0\xaf"sv, "\xe0\x80\xaf"sv, "\xed\xa0\x80"sv,
                         "\xf4\x90\x80\x80"sv, "\xf8\x88\x80\x80\x80"sv, "\xe2\x82"sv, "\xff"sv}) {
    EXPECT_FALSE(is_utf8(bad)) << to_hex(bad);
  }
}

TEST(Utf8, PrefixNeverCutsASequence) {
  EXPECT_EQ(utf8_prefix("aé", 2), "a");
  EXPECT_EQ(utf8_prefix("aé", 3), "aé");
  EXPECT_EQ(utf8_prefix("😀x", 3), "");
  EXPECT_EQ(utf8_prefix("\x80\x80\x80\x80\x80\x80", 5).size(), 5U);
}

}  // namespace
}  // namespace engine
