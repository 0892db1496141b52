// The programs of tests/corpus/java, each compiled plainly and by a warm compiler, in native boxes:
// verdict, what the compiler says, and what the runs print are to be the same, and so are the class
// files, to the byte.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/testing/test_directory.h"
#include "base/testing/thread_sanitizer.h"
#include "runner/testing/compile_oracle.h"
#include "runner/testing/compiler_limits.h"
#include "runner/testing/corpus.h"
#include "runner/warm_compilers.h"
#include "sandbox/native.h"

namespace engine::testing {
namespace {

namespace fs = std::filesystem;

const fs::path kJavaCorpus = ENGINE_SOURCE_DIR "/tests/corpus/java";

// The thread sanitizer has nothing to find in what compilers do: it sees some.
constexpr std::size_t kEachJava = kThreadSanitizer ? 8 : 1;

Submission java_submission(const fs::path& path) {
  Submission submission;
  submission.language = "java";
  submission.entry = "Main.java";
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (!entry.is_regular_file()) continue;
      const std::string name = fs::relative(entry.path(), path);
      submission.files.push_back({name, text_of(entry.path())});
      if (entry.path().filename() == "Main.java") submission.entry = name;
    }
  } else {
    submission.files.push_back({"Main.java", text_of(path)});
  }
  fs::path input = path;
  submission.tests.push_back({"", text_of(input.replace_extension(".in")), std::nullopt});
  submission.limits = {
      .cpu_time = Milliseconds{20'000}, .wall_time = Milliseconds{120'000}, .memory = 512_MiB};
  submission.compile_limits = kCompilerLimits;
  return submission;
}

class WarmCompileOracle : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "native boxes need root";
    auto languages = Languages::load(ENGINE_SOURCE_DIR "/languages");
    ASSERT_TRUE(languages) << languages.error().message;
    language_ = languages->find("java")->language;
    if (!fs::exists(language_.compile.front())) GTEST_SKIP() << "there is no javac";
    sandbox::NativeOptions options;
    options.slots = kCorpusWorkers;
    options.kept = 2;
    options.ceiling = kCompilerCeiling;
    auto manager = sandbox::Manager::fork(options);
    ASSERT_TRUE(manager) << manager.error().message;
    auto boxes = sandbox::make_native_boxes(*std::move(manager), options);
    ASSERT_TRUE(boxes) << boxes.error().message;
    boxes_ = *std::move(boxes);
  }

  // A compiler that is there, and that compiles wait for.
  std::unique_ptr<WarmCompilers> warm_compilers() {
    auto compilers = std::make_unique<WarmCompilers>(
        all_in(*boxes_), WarmCompilerOptions{.patience = Milliseconds{120'000}});
    Listener listener;
    const Plan plan = make_plan(java_submission(kJavaCorpus / "hello.java"), language_);
    EXPECT_TRUE(compilers->compile(language_, plan, listener));
    compilers->settle();
    EXPECT_EQ(compilers->figures().memory.size(), 1U) << "none could be started";
    return compilers;
  }

  TestDirectory directory_;
  Language language_;
  std::unique_ptr<sandbox::Boxes> boxes_;
};

TEST_F(WarmCompileOracle, ClassFilesAreTheSame) {
  const std::vector<CorpusProgram> programs = read_corpus(kJavaCorpus, ".java", java_submission);
  ASSERT_GE(programs.size(), 30U);
  const auto compilers = warm_compilers();
  CompileWay plain(*boxes_, directory_.path() + "/plain", {});
  CompileWay warm(*boxes_, directory_.path() + "/warm", {.compilers = compilers.get()});
  std::atomic<std::uint64_t> expected = 0;
  check_all(programs, kEachJava, [&](const CorpusProgram& program) {
    const Compilation by_plain = plain.run(program.submission, language_);
    const Compilation by_warm = warm.run(program.submission, language_);
    expect_same(program.name, by_plain, by_warm, [](const std::string& bytes) { return bytes; });
    if (!program.is_plain) expected.fetch_add(1);
    // A plain compile takes many times as long as any warm one.
    const bool was_plain =
        by_warm.outcome.compile->usage.cpu_time * 3 > by_plain.outcome.compile->usage.cpu_time;
    EXPECT_EQ(was_plain, program.is_plain) << program.name;
  });
  EXPECT_EQ(compilers->figures().counting, expected);
  EXPECT_EQ(compilers->figures().lost, 0U);
}

// Each on its own compiler would be: what one leaves behind does not reach the next.
TEST_F(WarmCompileOracle, NothingIsLeftForTheNext) {
  const auto compilers = warm_compilers();
  const auto compile = [&](std::vector<SourceFile> files) {
    Submission submission = java_submission(kJavaCorpus / "hello.java");
    submission.files = std::move(files);
    Listener listener;
    const auto report = compilers->compile(language_, make_plan(submission, language_), listener);
    return report && report->has_value() ? (*report)->taken.size() : 0;
  };
  const std::string uses = "public class Main { Object it = new secret.Left(); Before b; }";
  EXPECT_EQ(compile({
                {"Main.java",        "public class Main { secret.Left it; } class Before {}"},
                {"secret/Left.java", "package secret; public class Left {}"                 },
                {"secret/data.txt",  "data"                                                 }
  }),
            3U);
  EXPECT_EQ(compile({
                {"Main.java", uses}
  }),
            0U);
  EXPECT_EQ(compile({
                {"Main.java",        uses + " class Before {}"             },
                {"secret/Left.java", "package secret; public class Left {}"}
  }),
            3U);
  EXPECT_EQ(compilers->figures().lost, 0U);
}

// A source that ends javac itself, by its stack, ends the one that was kept running; others find
// another in its place.
TEST_F(WarmCompileOracle, OneThatASourceEndsIsReplaced) {
  const auto compilers = warm_compilers();
  Submission submission = java_submission(kJavaCorpus / "hello.java");
  const auto compile = [&] {
    Listener listener;
    const auto report = compilers->compile(language_, make_plan(submission, language_), listener);
    return report && report->has_value();
  };
  EXPECT_TRUE(compile());
  const std::string hello = submission.files[0].content;
  std::string& text = submission.files[0].content;
  text = "public class Main { int deep(int a) { return a";
  for (int i = 0; i < 100'000; ++i)
    text += " + a";
  text += "; } }";
  EXPECT_FALSE(compile());
  EXPECT_EQ(compilers->figures().lost, 1U);
  text = hello;
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(5);
  while (!compile() && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(Milliseconds{50});
  EXPECT_TRUE(compile());
}

// What a JVM that shares no class data would refuse to do at all.
TEST_F(WarmCompileOracle, RunsShareTheImagesClassData) {
  auto box = boxes_->acquire("host");
  ASSERT_TRUE(box) << box.error().message;
  Plan plan = make_plan(java_submission(kJavaCorpus / "hello.java"), language_);
  sandbox::RunSpec spec;
  spec.argv = plan.run;
  spec.argv.insert(spec.argv.begin() + 1, "-Xshare:on");
  spec.argv.back() = "-version";
  spec.environment = plan.environment;
  spec.limits = plan.run_limits;
  const auto report = (*box)->run(spec);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->exit_code, 0) << report->log;
  EXPECT_NE(report->log.find("sharing"), std::string::npos) << report->log;
}

}  // namespace
}  // namespace engine::testing
