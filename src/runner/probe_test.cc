#include "runner/probe.h"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/testing/fake_boxes.h"

namespace engine {
namespace {

using engine::testing::FakeBoxes;
using engine::testing::FakeRun;
using sandbox::End;
using sandbox::RunReport;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const Language kPlain{
    .id = "x",
    .version_command = {"/usr/bin/x", "--version"},
    .version_pattern = "X (\\d+\\.\\d+)",
    .package = "x-compiler"
};

// Probes one language, in boxes where the programs and directories of `present` are.
Languages::Entry probe_one(const Language& language, FakeBoxes& boxes,
                           const std::vector<std::string>& present) {
  boxes.answer = [&](const FakeRun& run) -> Result<RunReport> {
    const auto& argv = run.spec.argv;
    const auto is_present = [&](const std::string& name) {
      return std::find(present.begin(), present.end(), name) != present.end();
    };
    if (argv[0] == "/usr/bin/test") return RunReport{.exit_code = is_present(argv[2]) ? 0 : 1};
    if (!is_present(argv[0])) return RunReport{.end = End::kCannotStart, .start_errno = ENOENT};
    return RunReport{.log = "this is X 4.2 of today\n"};
  };
  Languages languages({language});
  probe(languages, all_in(boxes));
  return languages.all().at(0);
}

TEST(Probe, FindsTheVersion) {
  FakeBoxes boxes;
  const auto entry = probe_one(kPlain, boxes, {"/usr/bin/x"});
  EXPECT_EQ(entry.version, "4.2");
  EXPECT_EQ(entry.problem, "");
  EXPECT_EQ(boxes.runs.at(0).image, "host");
}

TEST(Probe, NamesThePackageOfWhatIsMissing) {
  FakeBoxes boxes;
  const auto entry = probe_one(kPlain, boxes, {});
  EXPECT_EQ(entry.version, "");
  EXPECT_EQ(entry.problem, "install the package x-compiler");
}

TEST(Probe, TakesTheFirstProgramThatIsThere) {
  Language language = kPlain;
  language.programs = {"/usr/bin/x", "/opt/a/x", "/opt/b/x"};
  language.version_command = {"{program}", "--version"};
  FakeBoxes boxes;
  EXPECT_THAT(probe_one(language, boxes, {"/opt/a/x", "/opt/b/x"}).language.programs,
              ElementsAre("/opt/a/x"));
  EXPECT_THAT(probe_one(language, boxes, {"/usr/bin/x"}).language.programs,
              ElementsAre("/usr/bin/x"));
  const auto none = probe_one(language, boxes, {});
  EXPECT_EQ(none.problem, "install the package x-compiler");
  EXPECT_EQ(none.language.programs, language.programs);
}

TEST(Probe, AddsTheEnvironmentOfResourcesThatAreThere) {
  Language language = kPlain;
  language.environment = {"A=1"};
  language.resources = {
      {"/opt/cache", {"A=2", "B=3"}, {"-x"}, {"/opt/cache/build"}}
  };
  FakeBoxes boxes;
  const Language with = probe_one(language, boxes, {"/usr/bin/x", "/opt/cache"}).language;
  EXPECT_THAT(with.environment, ElementsAre("A=1", "A=2", "B=3"));
  EXPECT_THAT(with.quick_options, ElementsAre("-x"));
  EXPECT_THAT(with.quick_compile, ElementsAre("/opt/cache/build"));
  const Language without = probe_one(language, boxes, {"/usr/bin/x"}).language;
  EXPECT_THAT(without.environment, ElementsAre("A=1"));
  EXPECT_TRUE(without.quick_options.empty());
  EXPECT_TRUE(without.quick_compile.empty());
}

TEST(Probe, TheFirstQuickCompileThatIsThereCounts) {
  Language language = kPlain;
  language.resources = {
      {"/opt/a", {}, {}, {"/opt/a/build"}},
      {"/opt/b", {}, {}, {"/opt/b/build"}},
      {"/opt/c", {}, {}, {"/opt/c/build"}}
  };
  FakeBoxes boxes;
  EXPECT_THAT(probe_one(language, boxes, {"/usr/bin/x", "/opt/b", "/opt/c"}).language.quick_compile,
              ElementsAre("/opt/b/build"));
}

TEST(Probe, SaysWhatAStrangeProgramPrinted) {
  Language language = kPlain;
  language.version_pattern = "Y (\\d+)";
  FakeBoxes boxes;
  const auto entry = probe_one(language, boxes, {"/usr/bin/x"});
  EXPECT_EQ(entry.version, "");
  EXPECT_THAT(entry.problem, HasSubstr("this is X 4.2"));
}

TEST(Probe, AHostThatFailsIsTheProblem) {
  FakeBoxes boxes;
  boxes.answer = [](const FakeRun&) { return Error{Errc::kUnavailable, "no memory", {}}; };
  Languages languages({kPlain});
  probe(languages, all_in(boxes));
  EXPECT_EQ(languages.all().at(0).problem, "no memory");
}

}  // namespace
}  // namespace engine
