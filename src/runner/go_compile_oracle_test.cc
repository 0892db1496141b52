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
#include <toml++/toml.h>
#include <unistd.h>

#include "base/testing/test_directory.h"
#include "base/testing/thread_sanitizer.h"
#include "runner/artefact_cache.h"
#include "runner/probe.h"
#include "runner/quick_compile.h"
#include "runner/testing/compiler_limits.h"
#include "runner/testing/corpus.h"
#include "runner/testing/go_cache.h"
#include "runner/testing/runner_fixture.h"
#include "sandbox/native.h"

namespace engine::testing {
namespace {

namespace fs = std::filesystem;

const fs::path kGoCorpus = ENGINE_SOURCE_DIR "/tests/corpus/go";

// The thread sanitizer has nothing to find in what compilers do: it sees some.
constexpr std::size_t kEachGo = kThreadSanitizer ? 8 : 1;

struct GoProgram {
  std::string name;
  Submission submission;
  bool is_plain = false;  // It is left to go build.
};

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

std::vector<GoProgram> go_corpus() {
  const toml::table manifest = toml::parse_file((kGoCorpus / "manifest.toml").string());
  std::vector<GoProgram> programs;
  for (const auto& entry : fs::directory_iterator(kGoCorpus)) {
    if (!entry.is_directory() && entry.path().extension() != ".go") continue;
    GoProgram& program = programs.emplace_back();
    program.name = entry.path().stem();
    program.submission = go_submission(entry.path());
    const auto said = manifest[program.name];
    program.is_plain = said["plain"].value_or(false);
    if (const auto* options = said["options"].as_array()) {
      for (const auto& option : *options)
        program.submission.options.push_back(option.value_or(std::string()));
    }
  }
  return programs;
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
  }

  // A way to compile, with what it compiled.
  struct Way {
    Way(GoCompileOracle& oracle, const std::string& name, QuickCompiles* quick)
        : cache(
              {}, oracle.directory_.path() + "/" + name, Bytes{0},
              [name](const Language&) { return name; }, system_clock()),
          runner(make_runner(all_in(*oracle.boxes_), system_clock(),
                             {.cache = &cache, .quick = quick})) {}
    ArtefactCache cache;
    std::unique_ptr<Runner> runner;
  };
  struct Came {
    Outcome outcome;
    std::shared_ptr<const Compiled> compiled;
  };

  Came run(Way& way, const Submission& submission) const {
    Listener listener;
    NoSpareSlots spare;
    auto execution = way.runner->run(submission, language_, listener, spare, {});
    EXPECT_TRUE(execution) << execution.error().message;
    if (!execution) return {};
    const std::string key = way.cache.key(submission, language_, make_plan(submission, language_));
    return {std::move(execution->outcome), way.cache.find(key)};
  }

  static void expect_same(const std::string& name, const Came& plain, const Came& quick) {
    EXPECT_EQ(to_string(quick.outcome.verdict), to_string(plain.outcome.verdict)) << name;
    ASSERT_TRUE(plain.outcome.compile && quick.outcome.compile) << name;
    EXPECT_EQ(quick.outcome.compile->exit_code, plain.outcome.compile->exit_code) << name;
    EXPECT_EQ(quick.outcome.compile->output.head, plain.outcome.compile->output.head) << name;
    ASSERT_EQ(quick.compiled != nullptr, plain.compiled != nullptr) << name;
    if (plain.compiled == nullptr) return;
    ASSERT_EQ(is_program(*quick.compiled), is_program(*plain.compiled)) << name;
    if (!is_program(*plain.compiled)) return;
    const auto& files = plain.compiled->files->files();
    const auto& others = quick.compiled->files->files();
    ASSERT_EQ(others.size(), files.size()) << name;
    for (std::size_t i = 0; i < files.size(); ++i) {
      EXPECT_EQ(others[i].name, files[i].name) << name;
      EXPECT_TRUE(without_build_ids(others[i].content) == without_build_ids(files[i].content))
          << name << ": " << files[i].name;
    }
    ASSERT_EQ(quick.outcome.runs.size(), plain.outcome.runs.size()) << name;
    EXPECT_EQ(quick.outcome.runs[0].exit_code, plain.outcome.runs[0].exit_code) << name;
    EXPECT_EQ(quick.outcome.runs[0].stdout_text.head, plain.outcome.runs[0].stdout_text.head)
        << name;
    EXPECT_EQ(without_addresses(quick.outcome.runs[0].stderr_text.head),
              without_addresses(plain.outcome.runs[0].stderr_text.head))
        << name;
  }

  TestDirectory directory_;
  Language language_;
  std::unique_ptr<sandbox::Boxes> boxes_;
};

TEST_F(GoCompileOracle, ProgramsAreTheSame) {
  const std::vector<GoProgram> programs = go_corpus();
  ASSERT_GE(programs.size(), 30U);
  QuickCompiles figures;
  Way plain(*this, "plain", nullptr);
  Way quick(*this, "quick", &figures);
  std::atomic<std::uint64_t> expected = 0;
  const std::size_t compiled = check_all(programs, kEachGo, [&](const GoProgram& program) {
    expect_same(program.name, run(plain, program.submission), run(quick, program.submission));
    if (!program.is_plain) expected.fetch_add(1);
  });
  EXPECT_EQ(figures.counting, expected);
  EXPECT_EQ(figures.in_vain, compiled - expected);
}

}  // namespace
}  // namespace engine::testing
