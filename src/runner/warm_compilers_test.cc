#include "runner/warm_compilers.h"

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "runner/testing/fake_compilers.h"
#include "runner/testing/runner_fixture.h"

namespace engine::testing {
namespace {

BoxesOf all_by(FakeCompilers& boxes) {
  return [&boxes](const Language&) -> sandbox::Boxes& { return boxes; };
}

Language java() {
  Language language;
  language.id = "java";
  language.compile = {"/usr/bin/javac", "{sources}"};
  language.warm_compile = {"/usr/bin/java", "-Xmx{memory_mib}m"};
  language.warm = true;
  return language;
}

Plan java_plan(std::vector<sandbox::File> files = {
                   {"Main.java", "class Main {}", false}
}) {
  Plan plan;
  plan.image = "host";
  plan.compile = {"/usr/bin/javac", "-J-Xmx512m", "-d", ".", "Main.java"};
  plan.sources = sandbox::FileSet::make(std::move(files));
  plan.compile_limits.memory = 1_GiB;
  return plan;
}

class WarmCompilersTest : public ::testing::Test {
 protected:
  // True: by a warm compiler.
  bool compile(WarmCompilers& compilers, const Plan& plan = java_plan(),
               const Language& language = java()) {
    Listener listener;
    const auto report = compilers.compile(language, plan, listener);
    EXPECT_TRUE(report);
    return report && report->has_value();
  }
  // The first is plain, and has one started.
  void have_one(WarmCompilers& compilers) {
    EXPECT_FALSE(compile(compilers));
    compilers.settle();
  }
};

TEST_F(WarmCompilersTest, AreStartedWhenTheFirstIsWanted) {
  std::vector<std::string> argv;
  FakeCompilers boxes([&](CompilerEnd& end) {
    argv = end.argv;
    compile_well(end);
  });
  WarmCompilers compilers(all_by(boxes), {});
  EXPECT_EQ(boxes.started, 0);
  have_one(compilers);
  EXPECT_EQ(boxes.started, 1);
  EXPECT_EQ(argv, (std::vector<std::string>{"/usr/bin/java", "-Xmx256m",
                                            ".server/CompileServer.java", "/usr/bin/javac", "10"}));
  EXPECT_TRUE(compile(compilers));
  const auto figures = compilers.figures();
  EXPECT_EQ(figures.counting, 1U);
  EXPECT_EQ(figures.in_vain, 0U);
  EXPECT_EQ(figures.memory, (std::vector{Bytes{1'000}}));
}

TEST_F(WarmCompilersTest, ServeOnlyWhomTheySuit) {
  FakeCompilers boxes;
  WarmCompilers compilers(all_by(boxes), {});
  Language cold = java();
  cold.warm = false;
  EXPECT_FALSE(compile(compilers, java_plan(), cold));
  Language plain = java();
  plain.warm_compile.clear();
  EXPECT_FALSE(compile(compilers, java_plan(), plain));
  Plan small = java_plan();
  small.compile_limits.memory = 256_MiB;
  EXPECT_FALSE(compile(compilers, small));
  Plan narrow = java_plan();
  narrow.compile_limits.processes = 32;
  EXPECT_FALSE(compile(compilers, narrow));
  EXPECT_FALSE(compile(compilers, java_plan({
                                      {"A.class", "", false}
  })));
  EXPECT_FALSE(compile(compilers, java_plan({
                                      {".server/A.java", "", false}
  })));
  EXPECT_FALSE(compile(compilers, java_plan({
                                      {"A.java", std::string(5 << 20, ' '), false}
  })));
  WarmCompilers off(all_by(boxes), {.processes = 0});
  EXPECT_FALSE(compile(off));
  FakeCompilers strict;
  strict.policy = sandbox::Reuse::kRun;
  WarmCompilers alone(all_by(strict), {});
  EXPECT_FALSE(compile(alone));
  FakeCompilers mute;
  mute.converses = false;
  WarmCompilers none(all_by(mute), {});
  EXPECT_FALSE(compile(none));
  for (WarmCompilers* all : {&compilers, &off, &alone, &none})
    all->settle();
  EXPECT_EQ(boxes.started + strict.started + mute.started, 0);
}

TEST_F(WarmCompilersTest, ThePlainCommandsOwnProcessIsNotTheirs) {
  std::vector<std::string> arguments;
  FakeCompilers boxes([&](CompilerEnd& end) {
    end.be_ready();
    arguments = end.hear()->arguments;
  });
  WarmCompilers compilers(all_by(boxes), {});
  have_one(compilers);
  EXPECT_FALSE(compile(compilers));
  EXPECT_EQ(arguments, (std::vector<std::string>{"-d", ".", "Main.java"}));
}

TEST_F(WarmCompilersTest, AreReplacedAfterSomeCompiles) {
  FakeCompilers boxes;
  WarmCompilers compilers(all_by(boxes), {.compiles = 3});
  have_one(compilers);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(compile(compilers)) << i;
    compilers.settle();
  }
  EXPECT_EQ(boxes.started, 4);
  EXPECT_EQ(boxes.ended, 3);
  EXPECT_EQ(compilers.figures().lost, 0U);
}

TEST_F(WarmCompilersTest, AreReplacedWhenTheyHaveGrown) {
  FakeCompilers boxes([&](CompilerEnd& end) {
    if (boxes.started > 1) return compile_well(end);
    end.be_ready();
    const auto request = end.hear();
    end.take_memory(500_MiB);
    end.answer(answer_body(request->number, true, {class_file("Main.class")}));
    static_cast<void>(end.hear());
  });
  WarmCompilers compilers(all_by(boxes), {});
  have_one(compilers);
  EXPECT_TRUE(compile(compilers));
  compilers.settle();
  EXPECT_EQ(boxes.started, 2);
  EXPECT_EQ(boxes.ended, 1);
}

TEST_F(WarmCompilersTest, OneThatIsLostIsReplacedAfterAPause) {
  FakeCompilers boxes([](CompilerEnd& end) {
    end.be_ready();
    static_cast<void>(end.hear());
  });
  WarmCompilers compilers(all_by(boxes), {});
  have_one(compilers);
  EXPECT_FALSE(compile(compilers));
  compilers.settle();
  EXPECT_EQ(boxes.started, 1);
  EXPECT_EQ(boxes.ended, 1);
  EXPECT_FALSE(compile(compilers));
  EXPECT_EQ(compilers.figures().lost, 1U);
  EXPECT_TRUE(compilers.figures().memory.empty());
  while (boxes.started == 1)
    std::this_thread::sleep_for(Milliseconds{10});
}

TEST_F(WarmCompilersTest, WhatCannotBeStartedIsNotTriedAgainAtOnce) {
  FakeCompilers boxes([](CompilerEnd&) {});
  WarmCompilers compilers(all_by(boxes), {});
  for (int i = 0; i < 3; ++i)
    have_one(compilers);
  EXPECT_EQ(boxes.started, 1);
}

// Of the compilers, the first is busy until it is told otherwise.
class BusyCompilerTest : public WarmCompilersTest {
 protected:
  void be_busy(CompilerEnd& end) {
    if (boxes_.started > 1) return compile_well(end);
    end.be_ready();
    const auto request = end.hear();
    is_busy_ = true;
    is_busy_.notify_all();
    may_answer_.wait(false);
    if (request) end.answer(answer_body(request->number, true, {class_file("Main.class")}));
    static_cast<void>(end.hear());
  }
  // One compile that the first is busy with, until the end of the scope.
  class Held {
   public:
    Held(BusyCompilerTest& test, WarmCompilers& compilers)
        : test_(test), compile_([&] { EXPECT_TRUE(test.compile(compilers)); }) {
      test.is_busy_.wait(false);
    }
    ~Held() {
      test_.may_answer_ = true;
      test_.may_answer_.notify_all();
    }

   private:
    BusyCompilerTest& test_;
    std::jthread compile_;
  };

  std::atomic<bool> is_busy_ = false;
  std::atomic<bool> may_answer_ = false;
  FakeCompilers boxes_{[this](CompilerEnd& end) { be_busy(end); }};
};

TEST_F(BusyCompilerTest, IsNotWaitedForTooLong) {
  WarmCompilers compilers(all_by(boxes_), {.patience = Milliseconds{20}});
  have_one(compilers);
  const Held held(*this, compilers);
  EXPECT_FALSE(compile(compilers));
  EXPECT_EQ(boxes_.started, 1);
}

TEST_F(BusyCompilerTest, GetsAnotherBesideIt) {
  WarmCompilers compilers(all_by(boxes_), {.processes = 2, .patience = Milliseconds{60'000}});
  have_one(compilers);
  const Held held(*this, compilers);
  EXPECT_TRUE(compile(compilers));
  EXPECT_EQ(boxes_.started, 2);
}

TEST_F(WarmCompilersTest, EndWhenNobodyAsksForThem) {
  FakeCompilers boxes;
  WarmCompilers compilers(all_by(boxes), {.idle = Milliseconds{500}});
  have_one(compilers);
  while (boxes.ended == 0)
    std::this_thread::sleep_for(Milliseconds{5});
  EXPECT_TRUE(compilers.figures().memory.empty());
  EXPECT_EQ(compilers.figures().lost, 0U);
}

TEST_F(WarmCompilersTest, NothingBeginsThatMustNot) {
  FakeCompilers boxes;
  WarmCompilers compilers(all_by(boxes), {});
  have_one(compilers);
  Listener listener;
  listener.may_start = false;
  const auto refused = compilers.compile(java(), java_plan(), listener);
  EXPECT_EQ(refused.error().code, Errc::kConflict);
  EXPECT_TRUE(compile(compilers));
}

// The runner takes what they left as it takes what a plain compile did, and compiles plainly where
// that is asked for.
TEST_F(RunnerTest, CompilesByAWarmCompiler) {
  FakeCompilers boxes;
  WarmCompilers compilers(all_by(boxes), {});
  Language language = java();
  language.run = {"/usr/bin/java", "Main"};
  language.artefacts = {"**"};
  language.source = "Main.java";
  language.extensions = {"java"};
  submission_.files = {
      {"Main.java", "class Main {}"}
  };
  submission_.entry = "Main.java";
  submission_.compile_limits.memory = 1_GiB;
  std::vector<std::string> programs;
  FakeBoxes plain;
  plain.answer = [&](const FakeRun& run) -> Result<sandbox::RunReport> {
    programs.push_back(run.spec.argv[0]);
    if (run.spec.argv[0] == "/usr/bin/javac") return built();
    return printed(run.files.at(0).name);
  };
  const auto runner = make_runner(all_in(plain), clock_, {.compilers = &compilers});
  const auto run = [&] {
    auto execution = runner->run(submission_, language, listener_, spare_, {});
    EXPECT_TRUE(execution);
    return execution ? execution->outcome.runs.at(0).stdout_text.head : "";
  };
  EXPECT_EQ(run(), "main");  // As built() has it.
  compilers.settle();
  EXPECT_EQ(run(), "Main.class");
  submission_.warm = false;
  EXPECT_EQ(run(), "main");
  EXPECT_EQ(programs, (std::vector<std::string>{"/usr/bin/javac", "/usr/bin/java", "/usr/bin/java",
                                                "/usr/bin/javac", "/usr/bin/java"}));
}

}  // namespace
}  // namespace engine::testing
