#include "runner/texts.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace engine {
namespace {

constexpr std::size_t kInline = 65'536;

TEST(Texts, AShortStreamIsItsHead) {
  Texts texts(1);
  const Text text = texts.stream("o", "abc", false);
  EXPECT_EQ(text, (Text{"abc", 3_B, false, "o"}));
}

TEST(Texts, ALongStreamHasAHeadThatCutsNoCharacter) {
  Texts texts(1);
  const std::string long_text = std::string(kInline - 1, 'x') + "\xc3\xa9" + "tail";
  const Text text = texts.stream("o", long_text, false);
  EXPECT_EQ(text.head.size(), kInline - 1);
  EXPECT_EQ(text.size, Bytes{static_cast<std::int64_t>(long_text.size())});
  EXPECT_FALSE(text.truncated);
  EXPECT_EQ(texts.take()[0].bytes, long_text);
}

TEST(Texts, ATruncatedStreamLosesItsBrokenLastCharacterInTheHeadOnly) {
  Texts texts(1);
  const Text text = texts.stream("o", "a\xf0\x9f\x98", true);
  EXPECT_EQ(text.head, "a");
  EXPECT_EQ(text.size, 4_B);
  EXPECT_TRUE(text.truncated);
  EXPECT_EQ(texts.take()[0].bytes, "a\xf0\x9f\x98");
}

TEST(Texts, BytesThatAreNoUtf8StayAsTheyAre) {
  Texts texts(1);
  const std::string bytes("\xff\x00\xfe\xff\xff", 5);
  EXPECT_EQ(texts.stream("o", bytes, true).head, bytes);
}

TEST(Texts, ManyTestsShareTheInlineRoom) {
  Texts texts(1'000);
  const Text text = texts.stream("o", std::string(kInline, 'x'), false);
  EXPECT_EQ(text.head.size(), 8'388U);
  EXPECT_EQ(text.size, 64_KiB);
  EXPECT_EQ(text.object, "o");
}

TEST(Texts, PastTheBoundStreamsKeepTheirHeadOnly) {
  Texts texts(1);
  const auto most = static_cast<std::size_t>(Texts::kMostBytes.count);
  EXPECT_EQ(texts.stream("a", std::string(most - 10, 'x'), false).object, "a");
  const Text lost = texts.stream("b", std::string(2 * kInline, 'y'), false);
  EXPECT_EQ(lost.object, "");
  EXPECT_TRUE(lost.truncated);
  EXPECT_EQ(lost.size, 64_KiB);
  const Text whole = texts.stream("c", "eleven bytes", false);
  EXPECT_EQ(whole, (Text{"eleven bytes", 12_B, false, ""}));
  EXPECT_EQ(texts
                .file(0, 0,
                      {
                          .file = {"f", "eleven bytes"}
  })
                .problem,
            "above the limit");
  EXPECT_EQ(texts.take().size(), 2U);
}

TEST(Texts, TheLogIsBounded) {
  Texts texts(1);
  const auto most = static_cast<std::size_t>(Texts::kMostLogBytes.count);
  texts.log(std::string(most - 1, 'a'));
  texts.log("bcd");
  texts.log("e");
  const auto objects = texts.take();
  EXPECT_EQ(objects.back().name, "log.txt");
  EXPECT_EQ(objects.back().bytes.size(), most);
  EXPECT_EQ(objects.back().bytes.back(), 'b');
}

}  // namespace
}  // namespace engine
