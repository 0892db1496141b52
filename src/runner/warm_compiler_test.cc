#include "runner/warm_compiler.h"

#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/fields.h"
#include "runner/testing/fake_compilers.h"

namespace engine::testing {
namespace {

using Use = WarmCompiler::Use;

Plan plan_with(std::vector<sandbox::File> files) {
  Plan plan;
  plan.sources = sandbox::FileSet::make(std::move(files));
  return plan;
}
const Plan kMain = plan_with({
    {"Main.java", "class Main {}", false}
});

class WarmCompilerTest : public ::testing::Test {
 protected:
  static Result<std::unique_ptr<WarmCompiler>> start(FakeCompilers& boxes,
                                                     std::stop_token stop = {}) {
    const WarmCompiler::Start start{
        .argv = {"/usr/bin/java", "-Xmx1m"},
          .patience = Milliseconds{30'000}
    };
    return WarmCompiler::start(*boxes.acquire("host"), start, stop);
  }

  // What one compile by a compiler of this behaviour comes to.
  static WarmCompiler::Attempt compile(FakeCompilers::Behaviour behaviour,
                                       const Plan& plan = kMain) {
    FakeCompilers boxes(std::move(behaviour));
    auto compiler = start(boxes);
    EXPECT_TRUE(compiler);
    return compiler ? (*compiler)->compile({"Main.java"}, plan) : WarmCompiler::Attempt{};
  }
  // Likewise of one that answers the first request with these bytes.
  static WarmCompiler::Attempt answered(std::string frame, const Plan& plan = kMain) {
    return compile(
        [frame = std::move(frame)](CompilerEnd& end) {
          end.be_ready();
          static_cast<void>(end.hear());
          end.say(frame);
          static_cast<void>(end.hear());
        },
        plan);
  }
  static std::string framed(const std::string& body) {
    std::string frame;
    append_number(frame, static_cast<std::uint32_t>(body.size()));
    return frame + body;
  }
};

TEST_F(WarmCompilerTest, GivesWhatThePlainCompileWouldHaveLeft) {
  HeardRequest heard;
  FakeCompilers boxes([&](CompilerEnd& end) {
    end.be_ready();
    heard = *end.hear();
    end.answer(answer_body(heard.number, true, {class_file("Main.class")}));
    static_cast<void>(end.hear());
  });
  auto compiler = start(boxes);
  ASSERT_TRUE(compiler);
  const auto attempt = (*compiler)->compile({"-d", ".", "Main.java"}, kMain);
  EXPECT_EQ(attempt.use, Use::kCounts);
  EXPECT_EQ(attempt.report.end, sandbox::End::kExited);
  EXPECT_EQ(attempt.report.exit_code, 0);
  ASSERT_EQ(attempt.report.taken.size(), 1U);
  EXPECT_EQ(attempt.report.taken[0].file.name, "Main.class");
  EXPECT_EQ(attempt.report.memory, Bytes{1'000});
  EXPECT_GT(attempt.report.wall_time.count(), 0);
  EXPECT_EQ(heard.arguments, (std::vector<std::string>{"-d", ".", "Main.java"}));
  ASSERT_EQ(heard.files.size(), 1U);
  EXPECT_EQ(heard.files[0].content, "class Main {}");
  EXPECT_EQ((*compiler)->compiles(), 1);
  EXPECT_TRUE((*compiler)->is_running());
}

TEST_F(WarmCompilerTest, IsStartedWithItsProgramAndSaysWhyItCannotBe) {
  FakeCompilers boxes([](CompilerEnd&) {});
  const auto compiler = start(boxes);
  ASSERT_FALSE(compiler);
  EXPECT_EQ(compiler.error().code, Errc::kUnavailable);
  EXPECT_EQ(compiler.error().message, "its last words");
  FakeCompilers odd([](CompilerEnd& end) {
    end.answer(answer_body(5, false, {}));
    static_cast<void>(end.hear());
  });
  EXPECT_FALSE(start(odd));
  EXPECT_EQ(odd.ended, 1);
}

TEST_F(WarmCompilerTest, GivesUpStartingAtAStop) {
  FakeCompilers boxes([](CompilerEnd& end) { static_cast<void>(end.hear()); });
  std::stop_source stop;
  const std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_FALSE(start(boxes, stop.get_token()));
  EXPECT_EQ(boxes.ended, 1);
}

TEST_F(WarmCompilerTest, WhatIsNoSuccessWithoutAWordIsInVain) {
  EXPECT_EQ(answered(framed(answer_body(1, false, {}))).use, Use::kInVain);
  EXPECT_EQ(answered(framed(answer_body(1, false, {class_file("A.class")}))).use, Use::kInVain);
  EXPECT_EQ(answered(framed(answer_body(1, true, {}))).use, Use::kInVain);
}

TEST_F(WarmCompilerTest, WhatThePlainCompileCouldNotHaveLeftIsInVain) {
  const std::string frame =
      framed(answer_body(1, true, {class_file("A.class"), class_file("B.class")}));
  EXPECT_EQ(answered(frame).use, Use::kCounts);
  Plan plan = kMain;
  plan.compile_limits.file = Bytes{7};
  EXPECT_EQ(answered(frame, plan).use, Use::kInVain);
  plan = kMain;
  plan.compile_limits.disk = Bytes{28};
  EXPECT_EQ(answered(frame, plan).use, Use::kInVain);
  plan = kMain;
  plan.compile_limits.files = 2;
  EXPECT_EQ(answered(frame, plan).use, Use::kInVain);
}

TEST_F(WarmCompilerTest, OddAnswersCostItItsLife) {
  EXPECT_EQ(answered(framed("nonsense")).use, Use::kLost);
  EXPECT_EQ(answered(framed("")).use, Use::kLost);
  EXPECT_EQ(answered("\xff\xff\xff\xff").use, Use::kLost);
  EXPECT_EQ(answered(framed(answer_body(0, true, {class_file("A.class")}))).use, Use::kLost);
  EXPECT_EQ(answered(framed(answer_body(2, true, {class_file("A.class")}))).use, Use::kLost);
  EXPECT_EQ(answered(framed(answer_body(1, true, {class_file("../A.class")}))).use, Use::kLost);
}

TEST_F(WarmCompilerTest, AnswersThatWereNotAskedForCostItItsLife) {
  FakeCompilers boxes([](CompilerEnd& end) {
    end.be_ready();
    static_cast<void>(end.hear());
    end.say(framed(answer_body(1, true, {class_file("A.class")})) +
            framed(answer_body(2, true, {class_file("A.class")})));
    static_cast<void>(end.hear());
  });
  auto compiler = start(boxes);
  ASSERT_TRUE(compiler);
  EXPECT_EQ((*compiler)->compile({}, kMain).use, Use::kCounts);
  const auto second = (*compiler)->compile({}, kMain);
  EXPECT_EQ(second.use, Use::kLost);
  EXPECT_EQ(second.why, "it ended, or speaks unasked");
}

TEST_F(WarmCompilerTest, ItsDeathIsSeenAtAnyTime) {
  EXPECT_EQ(compile([](CompilerEnd& end) { end.be_ready(); }).use, Use::kLost);
  EXPECT_EQ(compile([](CompilerEnd& end) {
              end.be_ready();
              static_cast<void>(end.hear());
              end.say(std::string("\x20\0\0\0half", 8));
            }).use,
            Use::kLost);
  FakeCompilers boxes([](CompilerEnd& end) { end.be_ready(); });
  auto compiler = start(boxes);
  ASSERT_TRUE(compiler);
  while ((*compiler)->is_running())
    std::this_thread::yield();
  EXPECT_EQ((*compiler)->last_words(), "its last words");
  EXPECT_EQ((*compiler)->memory(), Bytes{0});
}

TEST_F(WarmCompilerTest, ItsSilenceEndsWithTheCompilesTime) {
  Plan plan = kMain;
  plan.compile_limits.wall_time = Milliseconds{20};
  const auto silent = compile(
      [](CompilerEnd& end) {
        end.be_ready();
        while (end.hear()) {
        }
      },
      plan);
  EXPECT_EQ(silent.use, Use::kLost);
}

TEST_F(WarmCompilerTest, ACompileThatUsedMoreThanItMayIsInVain) {
  Plan plan = kMain;
  plan.compile_limits.cpu_time = Microseconds{-1};  // As the fake's counter stands still.
  EXPECT_EQ(answered(framed(answer_body(1, true, {class_file("A.class")})), plan).use,
            Use::kInVain);
}

}  // namespace
}  // namespace engine::testing
