// The programs of tests/corpus/cpp, each compiled plainly and with headers compiled ahead, in
// native boxes: verdict, what the compiler says, and what the runs print are to be the same, and so
// are the programs, to the byte.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <toml++/toml.h>
#include <unistd.h>

#include "base/testing/test_directory.h"
#include "base/testing/thread_sanitizer.h"
#include "runner/artefact_cache.h"
#include "runner/precompiled_headers.h"
#include "runner/testing/compiler_limits.h"
#include "runner/testing/corpus.h"
#include "runner/testing/runner_fixture.h"
#include "sandbox/native.h"

namespace engine::testing {
namespace {

namespace fs = std::filesystem;

const fs::path kCorpus = ENGINE_SOURCE_DIR "/tests/corpus/cpp";

// The thread sanitizer has nothing to find in what compilers do: it sees some.
constexpr std::size_t kEach = kThreadSanitizer ? 15 : 1;

// A program of the corpus, and what is to come of it.
struct Program {
  std::string name;
  Submission submission;
  std::string verdict = "accepted";
  int exit_code = 0;
  std::optional<std::string> printed;
};

Submission submission_of(const fs::path& path) {
  Submission submission;
  submission.language = "cpp";
  submission.entry = "main.cpp";
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::directory_iterator(path))
      submission.files.push_back({entry.path().filename(), text_of(entry.path())});
  } else {
    submission.files.push_back({"main.cpp", text_of(path)});
  }
  fs::path input = path;
  submission.tests.push_back({"", text_of(input.replace_extension(".in")), std::nullopt});
  submission.limits = {.cpu_time = Milliseconds{10'000}, .wall_time = Milliseconds{60'000}};
  submission.compile_limits = kCompilerLimits;
  return submission;
}

Program program_of(const fs::path& path, const toml::table& manifest) {
  Program program{.name = path.stem(), .submission = submission_of(path)};
  fs::path output = path;
  if (fs::exists(output.replace_extension(".out"))) program.printed = text_of(output);
  const auto said = manifest[program.name];
  program.verdict = said["verdict"].value_or(program.verdict);
  program.exit_code = said["exit"].value_or(0);
  program.submission.limits.memory = Bytes{said["memory_mib"].value_or(256LL) << 20};
  if (const auto* options = said["options"].as_array()) {
    for (const auto& option : *options)
      program.submission.options.push_back(option.value_or(std::string()));
  }
  return program;
}

std::vector<Program> corpus() {
  const toml::table manifest = toml::parse_file((kCorpus / "manifest.toml").string());
  std::vector<Program> programs;
  for (const auto& entry : fs::directory_iterator(kCorpus)) {
    if (entry.is_directory() || entry.path().extension() == ".cpp") {
      programs.push_back(program_of(entry.path(), manifest));
    }
  }
  return programs;
}

// What a compile and the run came to.
struct Came {
  Outcome outcome;
  std::shared_ptr<const Compiled> compiled;  // nullptr: it is not one that the cache keeps.
};

bool has_program(const Came& came) {
  return came.compiled && came.compiled->files;
}

// Without the names of temporary files, which are random.
std::string said_in(const Came& came) {
  static const std::regex kTemporary("/tmp/cc[A-Za-z0-9]{6}");
  return std::regex_replace(came.outcome.compile->output.head, kTemporary, "/tmp/cc");
}

class QuickOracle : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "native boxes need root";
    ASSERT_EQ(::mkdir(headers_path().c_str(), 0711), 0);
    boxes_ = make_boxes();
    ASSERT_NE(boxes_, nullptr);
    auto languages = Languages::load(ENGINE_SOURCE_DIR "/languages");
    ASSERT_TRUE(languages) << languages.error().message;
    Language language = languages->find("cpp")->language;
    for (const Language::Resource& resource : language.resources) {
      if (!fs::exists(resource.path)) continue;
      linking_.insert(linking_.end(), resource.quick_options.begin(), resource.quick_options.end());
    }
    plain_ = std::make_unique<Way>(*this, "plain", language, nullptr);
    exact_ = std::make_unique<Way>(*this, "exact", language, make_headers(CompileMode::kExact));
    fast_ = std::make_unique<Way>(*this, "fast", language, make_headers(CompileMode::kFast));
    language.quick_options = linking_;
    exact_linked_ = std::make_unique<Way>(*this, "exact, linked", language, exact_->headers);
    fast_linked_ = std::make_unique<Way>(*this, "fast, linked", language, fast_->headers);
  }

  std::shared_ptr<PrecompiledHeaders> make_headers(CompileMode mode) {
    QuickOptions options{
        .mode = mode, .disk = 8_GiB, .sources = 1, .rest = 0, .limits = kCompilerCeiling};
    return std::make_shared<PrecompiledHeaders>(all_in(*boxes_), options, headers_path(), Bytes{0},
                                                toolchain("g++"), system_clock());
  }

  // A way to compile, with what it compiled.
  struct Way {
    Way(QuickOracle& oracle, const std::string& name, Language of,
        std::shared_ptr<PrecompiledHeaders> ahead)
        : language(std::move(of)),
          cache({}, oracle.directory_.path() + "/" + name, Bytes{0}, toolchain(name),
                system_clock()),
          headers(std::move(ahead)),
          runner(make_runner(all_in(*oracle.boxes_), system_clock(),
                             {.cache = &cache, .headers = headers.get()})) {}

    const Language language;
    ArtefactCache cache;
    const std::shared_ptr<PrecompiledHeaders> headers;
    std::unique_ptr<Runner> runner;
  };

  std::unique_ptr<sandbox::Boxes> make_boxes() const {
    sandbox::NativeOptions options;
    options.slots = kCorpusWorkers;
    options.ceiling = kCompilerCeiling;
    options.images[0].resources = {
        {headers_path(), std::string(kHeadersInBox)}
    };
    auto manager = sandbox::Manager::fork(options);
    if (!manager) return nullptr;
    auto boxes = sandbox::make_native_boxes(*std::move(manager), options);
    return boxes ? *std::move(boxes) : nullptr;
  }
  static ArtefactCache::Toolchain toolchain(const std::string& text) {
    return [text](const Language&) { return text; };
  }
  std::string headers_path() const { return directory_.path() + "/headers"; }

  // All headers of all programs first, those of both modes side by side: who makes them does so one
  // by one.
  void make_all_headers(const std::vector<Program>& programs) {
    const Way* const ways[] = {exact_.get(), fast_.get()};
    check_all(programs, kEach, [&](const Program& program) {
      for (const Way* way : ways) {
        const Plan plan = make_plan(program.submission, way->language);
        static_cast<void>(way->headers->find(way->language, plan));
      }
    });
    for (const Way* way : ways)
      way->headers->settle();
  }

  Came run(Way& way, const Submission& submission) {
    const Language& language = way.language;
    Listener listener;
    NoSpareSlots spare;
    auto execution = way.runner->run(submission, language, listener, spare, {});
    EXPECT_TRUE(execution) << execution.error().message;
    if (!execution) return {};
    const std::string key = way.cache.key(submission, language, make_plan(submission, language));
    return {std::move(execution->outcome), way.cache.find(key)};
  }

  static void expect_as_said(const Program& program, const Outcome& outcome) {
    EXPECT_EQ(to_string(outcome.verdict), program.verdict) << program.name;
    if (outcome.runs.empty()) return;
    const RunOutcome& run = outcome.runs[0];
    EXPECT_EQ(run.signal == 0 ? run.exit_code : 128 + run.signal, program.exit_code)
        << program.name;
    if (program.printed) {
      EXPECT_EQ(outcome.runs[0].stdout_text.head, *program.printed) << program.name;
    }
  }

  static void expect_same(const std::string& name, const Came& plain, const Came& quick) {
    EXPECT_EQ(to_string(quick.outcome.verdict), to_string(plain.outcome.verdict)) << name;
    ASSERT_TRUE(plain.outcome.compile && quick.outcome.compile) << name;
    EXPECT_EQ(quick.outcome.compile->exit_code, plain.outcome.compile->exit_code) << name;
    EXPECT_EQ(quick.outcome.compile->output.size, plain.outcome.compile->output.size) << name;
    EXPECT_EQ(said_in(quick), said_in(plain)) << name;
    ASSERT_EQ(has_program(quick), has_program(plain)) << name;
    if (!has_program(plain)) return;
    ASSERT_EQ(quick.outcome.runs.size(), plain.outcome.runs.size()) << name;
    for (std::size_t i = 0; i < plain.outcome.runs.size(); ++i) {
      EXPECT_EQ(quick.outcome.runs[i].stdout_text, plain.outcome.runs[i].stdout_text) << name;
      EXPECT_EQ(quick.outcome.runs[i].exit_code, plain.outcome.runs[i].exit_code) << name;
    }
  }

  // No way to link makes a difference to what does not get there.
  static bool reaches_linker(const Came& plain) {
    return has_program(plain) || said_in(plain).find("ld returned") != std::string::npos;
  }

  static bool is_same_program(const Came& one, const Came& other) {
    if (!has_program(one) || !has_program(other)) return has_program(one) == has_program(other);
    const auto& files = one.compiled->files->files();
    const auto& others = other.compiled->files->files();
    return std::equal(files.begin(), files.end(), others.begin(), others.end(),
                      [](const sandbox::File& a, const sandbox::File& b) {
                        return a.name == b.name && a.content == b.content;
                      });
  }

  // Instructions that the program executes, by valgrind's count; 0: there is no valgrind, or none
  // that can run it.
  double instructions(const Program& program, const Came& came) {
    auto box = boxes_->acquire("host");
    if (!box) return 0;
    sandbox::RunSpec spec;
    spec.argv = {"/usr/bin/valgrind", "--tool=cachegrind", "--cache-sim=no",
                 "--cachegrind-out-file=/dev/null", "/box/main"};
    spec.environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"};
    spec.files = came.compiled->files;
    spec.input = program.submission.tests[0].input;
    spec.limits = kCompilerCeiling;
    const auto report = (*box)->run(spec);
    static const std::regex kCount("I +refs: +([0-9,]+)");
    std::smatch match;
    if (!report || !std::regex_search(report->stderr_text, match, kCount)) return 0;
    std::string digits = match.str(1);
    std::erase(digits, ',');
    return std::stod(digits);
  }

  void compare(const Program& program) {
    const Came plain = run(*plain_, program.submission);
    expect_as_said(program, plain.outcome);
    const Came exact = run(*exact_, program.submission);
    expect_same(program.name, plain, exact);
    EXPECT_TRUE(is_same_program(plain, exact)) << program.name;
    const Came fast = run(*fast_, program.submission);
    expect_same(program.name, plain, fast);
    if (!reaches_linker(plain)) return;
    linked_.fetch_add(1);
    const Came exact_linked = run(*exact_linked_, program.submission);
    expect_same(program.name, plain, exact_linked);
    const Came fast_linked = run(*fast_linked_, program.submission);
    expect_same(program.name, plain, fast_linked);
    double ratio = 1;
    if (!is_same_program(plain, fast)) {
      others_.fetch_add(1);
      const double before = instructions(program, plain);
      if (before > 0) counted_.fetch_add(1);
      if (before > 0) ratio = instructions(program, fast_linked) / before;
      EXPECT_NEAR(ratio, 1, 0.01) << program.name;
    }
    const auto cpu = [](const Came& came) {
      return static_cast<double>(came.outcome.compile->usage.cpu_time.count()) / 1e3;
    };
    const std::lock_guard lock(mutex_);
    std::fprintf(
        stderr,
        "%-24s %6.0f ms, exact %6.0f, fast %6.0f, %6.0f and %6.0f with mold, instructions %.6f\n",
        program.name.c_str(), cpu(plain), cpu(exact), cpu(fast), cpu(exact_linked),
        cpu(fast_linked), ratio);
  }

  // How often headers were used, of all programs.
  static void tell(const char* mode, const Way& way, std::size_t programs) {
    const auto figures = way.headers->figures();
    std::fprintf(stderr, "%s, %zu compiles: %lu by headers compiled ahead, %lu in vain\n", mode,
                 programs, figures.counting, figures.in_vain);
    EXPECT_EQ(figures.refused, 0U);
    EXPECT_GE(figures.counting, programs / 2);
  }

  TestDirectory directory_;
  std::unique_ptr<sandbox::Boxes> boxes_;
  std::unique_ptr<Way> plain_;
  std::unique_ptr<Way> exact_;  // Without their linker, so that they can be the same to the byte.
  std::unique_ptr<Way> fast_;
  std::unique_ptr<Way> exact_linked_;  // With it.
  std::unique_ptr<Way> fast_linked_;
  std::vector<std::string> linking_;
  std::atomic<std::size_t> linked_ = 0;
  std::atomic<int> others_ = 0;
  std::atomic<int> counted_ = 0;
  std::mutex mutex_;
};

TEST_F(QuickOracle, ProgramsAreTheSame) {
  const std::vector<Program> programs = corpus();
  ASSERT_GE(programs.size(), 60U);
  make_all_headers(programs);
  const std::size_t compared =
      check_all(programs, kEach, [this](const Program& program) { compare(program); });
  tell("exact, without its linker and with it", *exact_, compared + linked_);
  tell("fast, without its linker and with it", *fast_, compared + linked_);
  std::fprintf(stderr, "fast: %d are not the same to the byte; of %d instructions were counted\n",
               others_.load(), counted_.load());
  if (fs::exists("/usr/bin/valgrind")) {
    EXPECT_GE(counted_.load(), others_.load() * 3 / 4);
  }
}

}  // namespace
}  // namespace engine::testing
