#include "base/encoding.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

using namespace std::string_view_literals;

TEST(PercentEncoding, LeavesUnreservedCharactersOnly) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a b/\xc3\xa9!'()*%+"), "a%20b%2F%C3%A9%21%27%28%29%2A%25%2B");
  EXPECT_EQ(percent_encode("a b/c", "/"), "a%20b/c");
  EXPECT_EQ(percent_encode({"\0", 1}), "%00");
  EXPECT_EQ(percent_encode(""), "");
}

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

TEST(Utf8, FindsWhatIsMalformedWhereverItStands) {
  for (std::size_t before = 0; before < 20; ++before) {
    const std::string text = std::string(before, 'a') + "é" + std::string(20 - before, 'b');
    EXPECT_TRUE(is_utf8(text)) << before;
    EXPECT_FALSE(is_utf8(std::string(before, 'a') + "\xc3" + text)) << before;
    EXPECT_FALSE(is_utf8(text + std::string(before, 'a') + "\xc3")) << before;
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
