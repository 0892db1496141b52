// The programs of tests/corpus/go, each built by go build and by the compiler and the linker alone,
// in native boxes: verdict, what the compiler says, and what the runs print are to be the same, and
// so are the programs, but for the names of what they were built from.

#include <atomic>
#include <filesystem>
#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/testing/test_directory.h"
#include "base/testing/thread_sanitizer.h"
#include "runner/probe.h"
#include "runner/quick_compile.h"
#include "runner/testing/compile_oracle.h"
#include "runner/testing/compiler_limits.h"
#include "runner/testing/corpus.h"
#include "runner/testing/go_cache.h"
#include "sandbox/native.h"

namespace engine::testing {
namespace {

namespace fs = std::filesystem;

const fs::path kGoCorpus = ENGINE_SOURCE_DIR "/tests/corpus/go";

// The thread sanitizer has nothing to find in what compilers do: it sees some.
constexpr std::size_t kEachGo = kThreadSanitizer ? 8 : 1;

Submission go_submission(const fs::path& path) {
  Submission submission;
  submission.language = "go";
  submission.entry = "main.go";
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::directory_iterator(path))
      submission.files.push_back({entry.path().filename(), text_of(entry.path())});
  } else {
    submission.files.push_back({"main.go", text_of(path)});
  }
  fs::path input = path;
  submission.tests.push_back({"", text_of(input.replace_extension(".in")), std::nullopt});
  submission.limits = {.cpu_time = Milliseconds{20'000}, .wall_time = Milliseconds{120'000}};
  submission.compile_limits = kCompilerLimits;
  return submission;
}

// Blanks the description of an ELF note: sizes of its name and of itself, type, and name come
// first.
void blank_note(std::string& program, std::string_view head, std::size_t size) {
  const std::size_t found = program.find(head);
  if (found != std::string::npos) program.replace(found + head.size(), size, size, '#');
}

// What go build derives from hashes of its inputs, and in GNU's form from that, is blanked.
std::string without_build_ids(std::string program) {
  using namespace std::string_view_literals;
  blank_note(program, "\4\0\0\0\x53\0\0\0\4\0\0\0Go\0\0"sv, 0x53);
  blank_note(program, "\4\0\0\0\x14\0\0\0\3\0\0\0GNU\0"sv, 0x14);
  return program;
}

// Of a panic: where the heap begins differs with every run.
std::string without_addresses(const std::string& text) {
  static const std::regex kAddress("0x[0-9a-f]{6,}");
  return std::regex_replace(text, kAddress, "0x");
}

class GoCompileOracle : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "native boxes need root";
    sandbox::NativeOptions options;
    options.slots = kCorpusWorkers;
    options.ceiling = kCompilerCeiling;
    options.images[0].resources = {kGoCache};
    auto manager = sandbox::Manager::fork(options);
    ASSERT_TRUE(manager) << manager.error().message;
    auto boxes = sandbox::make_native_boxes(*std::move(manager), options);
    ASSERT_TRUE(boxes) << boxes.error().message;
    boxes_ = *std::move(boxes);
    auto languages = Languages::load(ENGINE_SOURCE_DIR "/languages");
    ASSERT_TRUE(languages) << languages.error().message;
    Languages go({languages->find("go")->language});
    probe(go, all_in(*boxes_));
    if (go.all()[0].version.empty()) GTEST_SKIP() << go.all()[0].problem;
    language_ = go.all()[0].language;
    if (language_.quick_compile.empty()) GTEST_SKIP() << "script/bake-go-cache was not run";
    plain_ = std::make_unique<CompileWay>(*boxes_, directory_.path() + "/plain", Shortcuts{});
    quick_ = std::make_unique<CompileWay>(*boxes_, directory_.path() + "/quick",
                                          Shortcuts{.quick = &figures_});
  }

  void compare(const CorpusProgram& program) {
    const Compilation plain = plain_->run(program.submission, language_);
    const Compilation quick = quick_->run(program.submission, language_);
    expect_same(program.name, plain, quick, without_build_ids);
    if (plain.outcome.runs.empty() || quick.outcome.runs.empty()) return;
    EXPECT_EQ(without_addresses(quick.outcome.runs[0].stderr_text.head),
              without_addresses(plain.outcome.runs[0].stderr_text.head))
        << program.name;
  }

  TestDirectory directory_;
  Language language_;
  std::unique_ptr<sandbox::Boxes> boxes_;
  QuickCompiles figures_;
  std::unique_ptr<CompileWay> plain_;
  std::unique_ptr<CompileWay> quick_;
};

TEST_F(GoCompileOracle, ProgramsAreTheSame) {
  const std::vector<CorpusProgram> programs = read_corpus(kGoCorpus, ".go", go_submission);
  ASSERT_GE(programs.size(), 30U);
  std::atomic<std::uint64_t> expected = 0;
  const std::size_t compiled = check_all(programs, kEachGo, [&](const CorpusProgram& program) {
    compare(program);
    if (!program.is_plain) expected.fetch_add(1);
  });
  EXPECT_EQ(figures_.counting, expected);
  EXPECT_EQ(figures_.in_vain, compiled - expected);
}

}  // namespace
}  // namespace engine::testing
