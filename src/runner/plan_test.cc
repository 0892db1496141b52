#include "runner/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

const Language kJava{
    .extensions = {"java"},
    .source = "Main.java",
    .source_from = "java-class",
    .compile = {"/javac", "-J-Xmx{memory_mib}m", "{sources}"},
    .run = {"/java", "-Xmx{memory_mib}m", "{class}"},
    .artefacts = {"**"},
    .memory_reserve = 64_MiB
};

Submission with(std::vector<SourceFile> files) {
  Submission submission;
  submission.entry = files.front().name;
  submission.files = std::move(files);
  submission.limits.memory = 256_MiB;
  submission.compile_limits.memory = 1_GiB;
  return submission;
}

TEST(Plan, ALoneJavaFileIsNamedAfterItsClass) {
  const Plan plan = make_plan(
      with({
          {"upload.java", "package p; public class App { static void main(String[] a) {} }"}
  }),
      kJava);
  EXPECT_THAT(plan.compile, ElementsAre("/javac", "-J-Xmx960m", "App.java"));
  EXPECT_THAT(plan.run, ElementsAre("/java", "-Xmx192m", "p.App"));
  EXPECT_EQ(plan.sources->files().at(0).name, "App.java");
}

TEST(Plan, SeveralJavaFilesKeepTheirNames) {
  const Plan plan = make_plan(
      with({
          {"b/Main.java", "class App { static void main(String[] a) {} }"},
          {"A.java",      ""                                             }
  }),
      kJava);
  EXPECT_THAT(plan.compile, ElementsAre("/javac", "-J-Xmx960m", "b/Main.java", "A.java"));
  EXPECT_EQ(plan.run.back(), "App");
}

TEST(Plan, ALoneFileOfAnotherKindIsNamedAsASource) {
  const Language cc{
      .extensions = {"c"},
      .source = "main.c",
      .compile = {"/cc", "{sources}"},
      .run = {"/box/a"},
      .artefacts = {"a"}
  };
  EXPECT_THAT(make_plan(with({
                            {"program.txt", "int main;"}
  }),
                        cc)
                  .compile,
              ElementsAre("/cc", "main.c"));
  EXPECT_THAT(make_plan(with({
                            {"x.c", "int main;"}
  }),
                        cc)
                  .compile,
              ElementsAre("/cc", "x.c"));
}

TEST(Plan, RunsSeeSourcesOnlyWhereTheLanguageKeepsThem) {
  Language language{.extensions = {"c"}, .compile = {"/cc"}, .run = {"/box/a"}};
  const Submission submission = with({
      {"m.c", ""},
      {"x.c", ""},
      {"x.h", ""}
  });
  ASSERT_EQ(make_plan(submission, language).kept.size(), 1U);
  EXPECT_EQ(make_plan(submission, language).kept[0].name, "x.h");
  language.keep_sources = true;
  EXPECT_EQ(make_plan(submission, language).kept.size(), 3U);
}

TEST(Plan, TheLanguagesEnvironmentReplacesTheCommonOne) {
  const Language language{
      .run = {"/x"},
        .environment = {"HOME=/tmp", "A=1", "A=2", "HOMELY=1"}
  };
  const Plan plan = make_plan(with({
                                  {"x", ""}
  }),
                              language);
  EXPECT_THAT(plan.environment, Contains("HOME=/tmp"));
  EXPECT_THAT(plan.environment, Contains("A=2"));
  EXPECT_THAT(plan.environment, Contains("HOMELY=1"));
  EXPECT_THAT(plan.environment, Not(Contains("HOME=/box")));
  EXPECT_THAT(plan.environment, Not(Contains("A=1")));
  EXPECT_THAT(plan.compile, IsEmpty());
}

TEST(Plan, EveryLimitReachesTheBox) {
  Submission submission = with({
      {"x", ""}
  });
  submission.limits = {Milliseconds{1}, Milliseconds{2}, 3_MiB, 4_MiB, 5, 6_KiB, 7_MiB, 8_MiB, 9};
  const sandbox::RunLimits limits = make_plan(submission, Language{.run = {"/x"}}).run_limits;
  EXPECT_EQ(limits.cpu_time, Milliseconds{1});
  EXPECT_EQ(limits.wall_time, Milliseconds{2});
  EXPECT_EQ(limits.memory, 3_MiB);
  EXPECT_EQ(limits.stack, 4_MiB);
  EXPECT_EQ(limits.processes, 5);
  EXPECT_EQ(limits.output, 6_KiB);
  EXPECT_EQ(limits.file, 7_MiB);
  EXPECT_EQ(limits.disk, 8_MiB);
  EXPECT_EQ(limits.files, 9);
}

}  // namespace
}  // namespace engine
