#include "runner/compile_frames.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/fields.h"
#include "runner/testing/fake_compilers.h"

namespace engine::testing {
namespace {

const std::string kGood =
    answer_body(7, true, {class_file("b/B.class"), class_file("A$1.class", "é")});

TEST(CompileFrames, AnswersComeInTheOrderOfNames) {
  const auto answer = read_answer(kGood);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->number, 7U);
  EXPECT_TRUE(answer->counts);
  ASSERT_EQ(answer->taken.size(), 2U);
  EXPECT_EQ(answer->taken[0].file.name, "A$1.class");
  EXPECT_EQ(answer->taken[0].file.content, class_file("", "é").content);
  EXPECT_FALSE(answer->taken[0].file.executable);
  EXPECT_EQ(answer->taken[1].file.name, "b/B.class");
}

TEST(CompileFrames, AnythingButWholeAnswersIsRefused) {
  for (std::size_t size = 0; size < kGood.size(); ++size)
    EXPECT_EQ(read_answer(kGood.substr(0, size)).error().code, Errc::kInvalid) << size;
  EXPECT_FALSE(read_answer(kGood + "x"));
  std::string many;
  append_number(many, std::uint64_t{7});
  append_number(many, std::uint8_t{1});
  append_number(many, std::uint32_t{0xffffffff});
  EXPECT_FALSE(read_answer(many));
}

TEST(CompileFrames, OnlyClassFilesUnderPlainNamesAreTaken) {
  for (const char* name :
       {"", "/A.class", "../A.class", "a/../A.class", "a//A.class", "./A.class", "-A.class",
        "A.java", "A.class/", "a\nA.class", ".server/x", "A.class\x80"}) {
    EXPECT_FALSE(read_answer(answer_body(1, true, {class_file(name)}))) << name;
  }
  EXPECT_FALSE(read_answer(answer_body(1, true, {class_file(std::string("A\0.class", 8))})));
  EXPECT_FALSE(read_answer(answer_body(1, true,
                                       {
                                           {"A.class", "#!/bin/sh", false}
  })));
  EXPECT_FALSE(read_answer(answer_body(1, true, {class_file("A.class"), class_file("A.class")})));
  EXPECT_TRUE(read_answer(answer_body(1, true, {class_file("Größe.class")})));
}

TEST(CompileFrames, NoFrameIsLongerThanAnyMayBe) {
  std::string head;
  append_number(head, static_cast<std::uint32_t>(kMostFrame));
  EXPECT_EQ(*frame_size(head), kMostFrame);
  head.clear();
  append_number(head, static_cast<std::uint32_t>(kMostFrame + 1));
  EXPECT_EQ(frame_size(head).error().code, Errc::kInvalid);
  EXPECT_FALSE(request_frame(1,
                             {
  },
                             {{"Main.java", std::string(kMostFrame, ' '), false}}));
}

}  // namespace
}  // namespace engine::testing
