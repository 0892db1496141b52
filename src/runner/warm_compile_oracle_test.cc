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
#include <toml++/toml.h>
#include <unistd.h>

#include "base/testing/test_directory.h"
#include "base/testing/thread_sanitizer.h"
#include "runner/artefact_cache.h"
#include "runner/testing/compiler_limits.h"
#include "runner/testing/corpus.h"
#include "runner/testing/runner_fixture.h"
#include "runner/warm_compilers.h"
#include "sandbox/native.h"

namespace engine::testing {
namespace {

namespace fs = std::filesystem;

const fs::path kJavaCorpus = ENGINE_SOURCE_DIR "/tests/corpus/java";

// The thread sanitizer has nothing to find in what compilers do: it sees some.
constexpr std::size_t kEachJava = kThreadSanitizer ? 8 : 1;

struct JavaProgram {
  std::string name;
  Submission submission;
  bool is_plain = false;  // A warm compiler leaves it to a plain one.
};

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

std::vector<JavaProgram> java_corpus() {
  const toml::table manifest = toml::parse_file((kJavaCorpus / "manifest.toml").string());
  std::vector<JavaProgram> programs;
  for (const auto& entry : fs::directory_iterator(kJavaCorpus)) {
    if (!entry.is_directory() && entry.path().extension() != ".java") continue;
    JavaProgram& program = programs.emplace_back();
    program.name = entry.path().stem();
    program.submission = java_submission(entry.path());
    const auto said = manifest[program.name];
    program.is_plain = said["plain"].value_or(false);
    if (const auto* options = said["options"].as_array()) {
      for (const auto& option : *options)
        program.submission.options.push_back(option.value_or(std::string()));
    }
  }
  return programs;
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

  // A way to compile, with what it compiled.
  struct Way {
    Way(WarmCompileOracle& oracle, const std::string& name, WarmCompilers* compilers)
        : cache(
              {}, oracle.directory_.path() + "/" + name, Bytes{0},
              [name](const Language&) { return name; }, system_clock()),
          runner(make_runner(all_in(*oracle.boxes_), system_clock(),
                             {.cache = &cache, .compilers = compilers})) {}
    ArtefactCache cache;
    std::unique_ptr<Runner> runner;
  };
  struct Came {
    Outcome outcome;
    std::shared_ptr<const Compiled> compiled;
  };

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

  Came run(Way& way, const Submission& submission) const {
    Listener listener;
    NoSpareSlots spare;
    auto execution = way.runner->run(submission, language_, listener, spare, {});
    EXPECT_TRUE(execution) << execution.error().message;
    if (!execution) return {};
    const std::string key = way.cache.key(submission, language_, make_plan(submission, language_));
    return {std::move(execution->outcome), way.cache.find(key)};
  }

  static void expect_same(const std::string& name, const Came& plain, const Came& warm) {
    EXPECT_EQ(to_string(warm.outcome.verdict), to_string(plain.outcome.verdict)) << name;
    ASSERT_TRUE(plain.outcome.compile && warm.outcome.compile) << name;
    EXPECT_EQ(warm.outcome.compile->exit_code, plain.outcome.compile->exit_code) << name;
    EXPECT_EQ(warm.outcome.compile->output.head, plain.outcome.compile->output.head) << name;
    ASSERT_EQ(warm.compiled != nullptr, plain.compiled != nullptr) << name;
    if (plain.compiled == nullptr) return;
    ASSERT_EQ(warm.compiled->files != nullptr, plain.compiled->files != nullptr) << name;
    if (plain.compiled->files == nullptr) return;
    const auto& files = plain.compiled->files->files();
    const auto& others = warm.compiled->files->files();
    ASSERT_EQ(others.size(), files.size()) << name;
    for (std::size_t i = 0; i < files.size(); ++i) {
      EXPECT_EQ(others[i].name, files[i].name) << name;
      EXPECT_TRUE(others[i].content == files[i].content) << name << ": " << files[i].name;
      EXPECT_EQ(others[i].executable, files[i].executable) << name << ": " << files[i].name;
    }
    ASSERT_EQ(warm.outcome.runs.size(), plain.outcome.runs.size()) << name;
    EXPECT_EQ(warm.outcome.runs[0].stdout_text.head, plain.outcome.runs[0].stdout_text.head)
        << name;
    EXPECT_EQ(warm.outcome.runs[0].exit_code, plain.outcome.runs[0].exit_code) << name;
  }

  TestDirectory directory_;
  Language language_;
  std::unique_ptr<sandbox::Boxes> boxes_;
};

TEST_F(WarmCompileOracle, ClassFilesAreTheSame) {
  const std::vector<JavaProgram> programs = java_corpus();
  ASSERT_GE(programs.size(), 30U);
  const auto compilers = warm_compilers();
  Way plain(*this, "plain", nullptr);
  Way warm(*this, "warm", compilers.get());
  std::atomic<std::uint64_t> expected = 0;
  check_all(programs, kEachJava, [&](const JavaProgram& program) {
    const Came by_plain = run(plain, program.submission);
    const Came by_warm = run(warm, program.submission);
    expect_same(program.name, by_plain, by_warm);
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
