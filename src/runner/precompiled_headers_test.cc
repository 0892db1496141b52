#include "runner/precompiled_headers.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/test_directory.h"
#include "runner/testing/runner_fixture.h"

namespace engine::testing {
namespace {

namespace fs = std::filesystem;

using sandbox::End;
using sandbox::RunReport;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Words = std::vector<std::string>;

constexpr char kWhole[] = "// by me\n#include <bits/stdc++.h>\n";
constexpr char kSome[] = "#include <map>\n#include <set>\nint main() {}\n";

// Sources of a language with headers, in fake boxes. Every wait is for the thread that makes them,
// so that boxes have one user at a time.
class PrecompiledHeadersTest : public RunnerTest {
 protected:
  PrecompiledHeadersTest() {
    language_ = kNative;
    language_.compile.insert(language_.compile.begin() + 1, "-O2");
    language_.precompile = {"/usr/bin/nh", "-O2", "{options}"};
    submission_.files = {
        {"main.n", kWhole}
    };
    submission_.entry = "main.n";
    made_.taken.push_back({
        .file = {"header.gch", "compiled"}
    });
    boxes().answer = [this](const FakeRun& run) -> Result<RunReport> {
      const std::string& program = run.spec.argv[0];
      if (program == "/usr/bin/nh") return made_;
      if (program != "/usr/bin/nc") return RunReport{};
      return is_quick(run) ? quick_ : built();
    };
    open();
  }

  void open() {
    headers_ = std::make_unique<PrecompiledHeaders>(
        all_in(boxes()), options_, directory_.path(), Bytes{0},
        [this](const Language&) { return toolchain_; }, clock_);
  }
  static bool is_quick(const FakeRun& run) {
    const Words& argv = run.spec.argv;
    return std::find(argv.begin(), argv.end(), "-Winvalid-pch") != argv.end();
  }

  std::optional<PrecompiledHeaders::Found> find() {
    auto found = headers_->find(language_, make_plan(submission_, language_));
    headers_->settle();
    return found;
  }
  // Makes what the submission begins with.
  void make() {
    for (int i = 0; i < options_.sources; ++i)
      find();
    boxes().runs.clear();
  }
  Result<Execution> compile() {
    const auto runner = make_runner(all_in(boxes()), clock_, {.headers = headers_.get()});
    auto execution = runner->run(submission_, language_, listener_, spare_, {});
    headers_->settle();
    return execution;
  }
  Words programs() {
    Words all;
    for (const FakeRun& run : boxes().runs)
      all.push_back(run.spec.argv[0] + (is_quick(run) ? " quick" : ""));
    return all;
  }
  fs::path the_set() const { return fs::directory_iterator(directory_.path())->path(); }

  TestDirectory directory_;
  Language language_;
  QuickOptions options_{.mode = CompileMode::kExact, .rest = 0, .limits = {.memory = 3_GiB}};
  std::string toolchain_ = "nc 1";
  RunReport made_;
  RunReport quick_ = built();
  std::unique_ptr<PrecompiledHeaders> headers_;
};

TEST_F(PrecompiledHeadersTest, TheWholeLibraryIsCompiledForTheFirstSource) {
  submission_.options = {"-g"};
  EXPECT_FALSE(find());
  ASSERT_EQ(boxes().runs.size(), 1U);
  const FakeRun& run = boxes().runs[0];
  EXPECT_EQ(run.image, "tools");
  EXPECT_THAT(run.spec.argv, ElementsAre("/usr/bin/nh", "-O2", "-g"));
  EXPECT_EQ(run.spec.environment, make_plan(submission_, language_).environment);
  EXPECT_EQ(run.spec.limits.memory, 3_GiB);
  ASSERT_EQ(run.files.size(), 1U);
  EXPECT_EQ(run.files[0].name, "header.h");
  EXPECT_EQ(run.files[0].content, "#include <bits/stdc++.h>\n");  // Nothing of the client's.
  const auto found = find();
  ASSERT_TRUE(found);
  EXPECT_THAT(found->arguments, ElementsAre("-I/opt/headers/" + found->key));
  EXPECT_TRUE(fs::exists(fs::path(directory_.path()) / found->key / "bits/stdc++.h.gch"));
  EXPECT_EQ(headers_->figures().made, 1U);
}

TEST_F(PrecompiledHeadersTest, OthersAreCompiledWhenSourcesBeganSoSeveralTimes) {
  for (int i = 0; i < options_.sources; ++i) {
    EXPECT_THAT(boxes().runs, IsEmpty());
    submission_.files[0].content = "// " + std::to_string(i) + "\n" + kSome;
    EXPECT_FALSE(find());
  }
  ASSERT_EQ(boxes().runs.size(), 1U);
  EXPECT_EQ(boxes().runs[0].files.at(0).content, "#include <map>\n#include <set>\n");
  const auto found = find();
  ASSERT_TRUE(found);
  EXPECT_THAT(found->arguments,
              ElementsAre("-include", "/opt/headers/" + found->key + "/preamble.h"));
}

TEST_F(PrecompiledHeadersTest, WhatDecidesACompileDecidesTheSet) {
  make();
  ASSERT_TRUE(find());
  submission_.options = {"-O0"};
  EXPECT_FALSE(find());
  submission_.options = {};
  ASSERT_TRUE(find());
  toolchain_ = "nc 2";
  EXPECT_FALSE(find());
}

TEST_F(PrecompiledHeadersTest, SeveralSourcesShareOnlyWhatStandsInAHeadersPlace) {
  submission_.files = {
      {"main.n",  kSome},
      {"other.n", kSome}
  };
  make();
  EXPECT_FALSE(find());
  submission_.files[1].content = kWhole;
  make();
  EXPECT_TRUE(find());
}

TEST_F(PrecompiledHeadersTest, ASourceThatBeginsOtherwiseOrdersNothing) {
  submission_.files[0].content = "#define int long\n#include <bits/stdc++.h>\n";
  make();
  EXPECT_FALSE(find());
  submission_.files[0].content = kWhole;
  language_.runner = BoxKind::kDocker;
  EXPECT_FALSE(find());
  language_.runner = BoxKind::kNative;
  language_.precompile.clear();
  EXPECT_FALSE(find());
  EXPECT_THAT(boxes().runs, IsEmpty());
}

TEST_F(PrecompiledHeadersTest, WhatIsOrderedDuringARestIsMadeAfterIt) {
  options_.rest = 10;
  made_.cpu_time = Microseconds{1'000};
  open();
  for (const char* option : {"-O0", "-O1", "-O3"}) {
    submission_.options = {option};
    EXPECT_FALSE(find());
  }
  EXPECT_EQ(boxes().runs.size(), 3U);
}

// As many as are remembered, and more: those that were asked for last are still made.
TEST_F(PrecompiledHeadersTest, WhatWasAskedForLongestAgoIsForgotten) {
  for (int i = 0; i < 600; ++i) {
    submission_.files[0].content = "#include <header" + std::to_string(i) + ">\n";
    headers_->find(language_, make_plan(submission_, language_));
  }
  EXPECT_THAT(boxes().runs, IsEmpty());
  for (int i = 1; i < options_.sources; ++i)
    find();
  EXPECT_EQ(boxes().runs.size(), 1U);
}

TEST_F(PrecompiledHeadersTest, TheDiskServesTheNextProcess) {
  make();
  open();
  EXPECT_FALSE(find());
  EXPECT_TRUE(find());
  EXPECT_THAT(boxes().runs, IsEmpty());
}

TEST_F(PrecompiledHeadersTest, WhatWasChangedIsMadeAnew) {
  make();
  const fs::path file = the_set() / "bits/stdc++.h.gch";
  fs::permissions(file, fs::perms::owner_all);
  std::ofstream(file) << "evil";
  EXPECT_FALSE(find());
  EXPECT_THAT(programs(), ElementsAre("/usr/bin/nh"));
  EXPECT_TRUE(find());
}

TEST_F(PrecompiledHeadersTest, WhatCannotBeMadeIsNotTriedAgainSoon) {
  made_ = exited(1);
  for (int i = 0; i < 5; ++i)
    EXPECT_FALSE(find());
  EXPECT_EQ(boxes().runs.size(), 1U);
  EXPECT_TRUE(compile());
  EXPECT_TRUE(fs::is_empty(directory_.path()));
}

TEST_F(PrecompiledHeadersTest, AQuickCompileThatSaysNothingCounts) {
  make();
  const auto execution = compile();
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_EQ(execution->outcome.verdict, Verdict::kAccepted);
  EXPECT_THAT(programs(), ElementsAre("/usr/bin/nc quick", "/box/main"));
  EXPECT_THAT(boxes().runs[0].spec.argv,
              ElementsAre("/usr/bin/nc", "-Winvalid-pch", "-Wmissing-include-dirs",
                          StartsWith("-I/opt/headers/"), "-O2", "main.n"));
  EXPECT_EQ(headers_->figures().counting, 1U);
}

TEST_F(PrecompiledHeadersTest, WhatElseComesOfItIsDonePlainly) {
  RunReport warning = built();
  warning.log = "warning: main.n\n";
  RunReport no_file = built();
  no_file.taken[0].problem = "not a regular file";
  RunReport error = exited(1);
  error.log = "error: main.n\n";
  const RunReport reports[] = {warning,
                               no_file,
                               error,
                               RunReport{},
                               ended(End::kWallTime),
                               ended(End::kMemory),
                               ended(End::kOutput),
                               ended(End::kSignaled, SIGSEGV)};
  make();
  std::uint64_t vain = 0;
  for (const RunReport& report : reports) {
    boxes().runs.clear();
    listener_.heard.clear();
    quick_ = report;
    const auto execution = compile();
    ASSERT_TRUE(execution) << execution.error().message;
    EXPECT_EQ(execution->outcome.verdict, Verdict::kAccepted);
    EXPECT_EQ(execution->outcome.compile->output.head, "");
    EXPECT_THAT(programs(), ElementsAre("/usr/bin/nc quick", "/usr/bin/nc", "/box/main"));
    EXPECT_EQ(headers_->figures().in_vain, ++vain);
  }
  EXPECT_EQ(headers_->figures().counting, 0U);
}

// A compiler that prints one piece after the other, until it is told to stop.
class PrintingCompilerTest : public PrecompiledHeadersTest {
 protected:
  PrintingCompilerTest() {
    boxes().answer = [this](const FakeRun& run) -> Result<RunReport> {
      if (run.spec.argv[0] == "/usr/bin/nh") return made_;
      if (run.spec.argv[0] != "/usr/bin/nc") return RunReport{};
      return is_quick(run) ? print(run.spec) : built();
    };
    make();
  }

  RunReport print(const sandbox::RunSpec& spec) {
    RunReport report = quick_;
    printed_ = 0;
    for (const std::string& piece : pieces_) {
      if (spec.stop.stop_requested()) break;
      report.log += piece;
      ++printed_;
      spec.observer->on_output(stream_, piece);
    }
    if (spec.stop.stop_requested()) report.end = End::kStopped;
    return report;
  }

  Words pieces_;
  sandbox::Stream stream_ = sandbox::Stream::kStderr;
  std::size_t printed_ = 0;
};

TEST_F(PrintingCompilerTest, AnAttemptIsEndedByTheFirstLineThatFindsSomething) {
  pieces_ = {"main.n: In function", " 'main':\nmain.n:1: warn", "ing: unused", " [-Wunused]\n",
             "main.n:2: warning: too\n"};
  const auto execution = compile();
  ASSERT_TRUE(execution) << execution.error().message;
  EXPECT_EQ(printed_, 4U);
  EXPECT_EQ(execution->outcome.verdict, Verdict::kAccepted);
  EXPECT_THAT(programs(), ElementsAre("/usr/bin/nc quick", "/usr/bin/nc", "/box/main"));
  EXPECT_EQ(listener_.output_bytes, 0U);
  EXPECT_EQ(headers_->figures().in_vain, 1U);
  EXPECT_TRUE(find());
}

TEST_F(PrintingCompilerTest, HeadersThatAreRefusedEndItToo) {
  pieces_ = {"In file included from main.n:1:\n", "x.h: warning: x.gch: not used",
             " because `X' is defined [-Winvalid-pch]\n", "main.n:2: warning: too\n"};
  EXPECT_EQ(compile()->outcome.verdict, Verdict::kAccepted);
  EXPECT_EQ(printed_, 3U);
  EXPECT_EQ(headers_->figures().refused, 1U);
  EXPECT_FALSE(find());
}

TEST_F(PrintingCompilerTest, OtherLinesDoNotEndIt) {
  pieces_ = {"main.n: In function 'main':\n", "ld: main.o\n"};
  EXPECT_EQ(compile()->outcome.verdict, Verdict::kAccepted);
  EXPECT_EQ(printed_, 2U);
  pieces_ = {"error: of what it was asked to print\n", "more\n"};
  stream_ = sandbox::Stream::kStdout;
  EXPECT_EQ(compile()->outcome.verdict, Verdict::kAccepted);
  EXPECT_EQ(printed_, 2U);
  EXPECT_EQ(headers_->figures().in_vain, 2U);
}

TEST_F(PrintingCompilerTest, AStopOfTheSubmissionEndsIt) {
  std::stop_source source;
  const auto print_plainly = boxes().answer;
  boxes().answer = [&](const FakeRun& run) {
    if (is_quick(run)) source.request_stop();
    return print_plainly(run);
  };
  const auto runner = make_runner(all_in(boxes()), clock_, {.headers = headers_.get()});
  const auto execution = runner->run(submission_, language_, listener_, spare_, source.get_token());
  EXPECT_EQ(execution.error().code, Errc::kConflict);
  EXPECT_THAT(programs(), ElementsAre("/usr/bin/nc quick"));
}

TEST_F(PrecompiledHeadersTest, ALimitOfProcessorTimeIsPassedOnce) {
  make();
  quick_ = ended(End::kCpuTime);
  EXPECT_EQ(compile()->outcome.compile->verdict, Verdict::kTimeLimit);
  EXPECT_EQ(boxes().runs.size(), 1U);
}

TEST_F(PrecompiledHeadersTest, WhatACompilerDoesNotTakeIsUsedNoMore) {
  for (const char* said :
       {"cc1plus: warning: x.gch: not used because `X' is defined [-Winvalid-pch]\n",
        "cc1plus: warning: /opt/headers/x: No such file or directory [-Wmissing-include-dirs]\n",
        "cc1plus: fatal error: /opt/headers/x/preamble.h: No such file or directory\n"}) {
    make();
    ASSERT_TRUE(find());
    quick_ = built();
    quick_.log = said;
    EXPECT_EQ(compile()->outcome.verdict, Verdict::kAccepted);
    EXPECT_FALSE(find());
    boxes().runs.clear();
    EXPECT_EQ(compile()->outcome.verdict, Verdict::kAccepted);
    EXPECT_THAT(programs(), ElementsAre("/usr/bin/nc", "/box/main"));
    open();
  }
}

// A compiler that says where its plugins lie, and makes one.
class FastHeadersTest : public PrecompiledHeadersTest {
 protected:
  FastHeadersTest() {
    options_.mode = CompileMode::kFast;
    language_.quick_options = {"-fuse-ld=quick"};
    const auto answer = boxes().answer;
    boxes().answer = [this, answer](const FakeRun& run) -> Result<RunReport> {
      const Words& argv = run.spec.argv;
      if (argv.back() == "-print-file-name=plugin") return printed(place_ + "\n");
      if (argv.back() == "instantiate.cc") return plugin_;
      if (has_plugin(run)) return with_plugin_;
      return answer(run);
    };
    plugin_.taken.push_back({
        .file = {"instantiate.so", "ELF"}
    });
    with_plugin_ = made_;
    open();
  }
  static bool has_plugin(const FakeRun& run) {
    return run.spec.argv.back() == "-fplugin=/box/instantiate.so";
  }
  // The runs that compiled headers: whether each had the plugin.
  std::vector<bool> makings() {
    std::vector<bool> all;
    for (const FakeRun& run : boxes().runs) {
      if (!run.files.empty() && run.files[0].name == "header.h") all.push_back(has_plugin(run));
    }
    return all;
  }

  std::string place_ = "/usr/lib/plugin";
  RunReport plugin_;
  RunReport with_plugin_;
};

TEST_F(FastHeadersTest, TemplatesAreInstantiatedWithTheHeaders) {
  EXPECT_FALSE(find());
  ASSERT_THAT(makings(), ElementsAre(true));
  const FakeRun& run = boxes().runs.back();
  EXPECT_EQ(run.files[0].content, "#include <bits/stdc++.h>\n#pragma engine instantiate\n");
  ASSERT_EQ(run.files.size(), 2U);
  EXPECT_EQ(run.files[1].name, "instantiate.so");
  EXPECT_EQ(run.files[1].content, "ELF");
  const auto found = find();
  ASSERT_TRUE(found);
  EXPECT_THAT(found->arguments, ElementsAre(StartsWith("-I/opt/headers/"), "-fuse-ld=quick"));
}

TEST_F(FastHeadersTest, OnePluginServesAllSetsOfACompiler) {
  find();
  boxes().runs.clear();
  submission_.options = {"-O0"};
  find();
  EXPECT_THAT(makings(), ElementsAre(true));
  EXPECT_EQ(boxes().runs.size(), 1U);
  toolchain_ = "nc 2";
  find();
  EXPECT_EQ(boxes().runs.size(), 4U);
}

TEST_F(FastHeadersTest, WithoutAPluginHeadersAreCompiledAlone) {
  place_ = "plugin";  // As GCC says it where there is none.
  EXPECT_FALSE(find());
  EXPECT_THAT(makings(), ElementsAre(false));
  EXPECT_EQ(boxes().runs.back().files.at(0).content, "#include <bits/stdc++.h>\n");
  EXPECT_TRUE(find());
}

TEST_F(FastHeadersTest, APluginThatCannotBeMadeIsDoneWithout) {
  plugin_ = exited(1);
  find();
  EXPECT_THAT(makings(), ElementsAre(false));
  EXPECT_TRUE(find());
}

TEST_F(FastHeadersTest, APluginThatDoesNotFitIsDoneWithout) {
  with_plugin_ = exited(1);
  find();
  EXPECT_THAT(makings(), ElementsAre(true, false));
  EXPECT_TRUE(find());
}

TEST_F(FastHeadersTest, ModesHaveSetsOfTheirOwn) {
  make();
  const auto fast = find();
  ASSERT_TRUE(fast);
  options_.mode = CompileMode::kExact;
  open();
  EXPECT_FALSE(find());
  EXPECT_NE(find()->key, fast->key);
  EXPECT_THAT(find()->arguments, ElementsAre(StartsWith("-I/opt/headers/"), "-fuse-ld=quick"));
}

TEST_F(PrecompiledHeadersTest, AStopEndsIt) {
  make();
  listener_.may_start = false;
  const auto execution = compile();
  ASSERT_FALSE(execution);
  EXPECT_EQ(execution.error().code, Errc::kConflict);
}

}  // namespace
}  // namespace engine::testing
