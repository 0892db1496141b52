#include "engine/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/testing/house.h"

namespace engine {
namespace {

using testing::bash;
using ::testing::HasSubstr;

class AdmissionTest : public ::testing::Test {
 protected:
  Result<Submission> admit(SubmissionRequest request) {
    return Admission(languages_, options_).admit(std::move(request));
  }

  Languages languages_ = testing::test_languages();
  EngineOptions options_;
};

TEST_F(AdmissionTest, FillsInWhatTheClientLeftOut) {
  const auto admitted = admit(bash("echo"));
  ASSERT_TRUE(admitted);
  EXPECT_EQ(admitted->language, "bash");
  EXPECT_EQ(admitted->entry, "main.sh");
  EXPECT_EQ(admitted->files, (std::vector<SourceFile>{
                                 {"main.sh", "echo"}
  }));
  EXPECT_EQ(admitted->tests, std::vector<engine::Test>(1));
  EXPECT_EQ(admitted->limits, overlay(options_.defaults, {}));
  EXPECT_EQ(admitted->compile_limits, overlay(options_.compile_defaults, {}));
}

TEST_F(AdmissionTest, KeepsWhatTheClientAskedFor) {
  SubmissionRequest request = bash();
  request.language = "sh";
  request.files = {
      {"lib/a.sh", ""    },
      {"b.sh",     "echo"}
  };
  request.entry = "b.sh";
  request.args = {"one", ""};
  request.tests = {
      {"first", "1", "2"}
  };
  request.output_files = {"plot.png"};
  request.priority = -100;
  request.delay_ms = 5;
  request.limits.cpu_time = Milliseconds{7};
  const auto admitted = admit(request);
  ASSERT_TRUE(admitted) << admitted.error().message;
  EXPECT_EQ(admitted->language, "bash");
  EXPECT_EQ(admitted->files, request.files);
  EXPECT_EQ(admitted->entry, "b.sh");
  EXPECT_EQ(admitted->args, request.args);
  EXPECT_EQ(admitted->tests, request.tests);
  EXPECT_EQ(admitted->output_files, request.output_files);
  EXPECT_EQ(admitted->priority, -100);
  EXPECT_EQ(admitted->delay, Milliseconds{5});
  EXPECT_EQ(admitted->limits.cpu_time, Milliseconds{7});
}

TEST_F(AdmissionTest, LanguageFollowsFromTheExtension) {
  SubmissionRequest request = bash();
  request.language.clear();
  request.files.front().name = "hello.sh";
  const auto admitted = admit(request);
  ASSERT_TRUE(admitted) << admitted.error().message;
  EXPECT_EQ(admitted->language, "bash");
  EXPECT_EQ(admitted->entry, "hello.sh");
}

TEST_F(AdmissionTest, LoneJavaSourceIsNamedAfterItsClass) {
  SubmissionRequest request;
  request.language = "java";
  request.files.push_back({"", "public class Solution {}"});
  request.options = {"-Xlint"};
  const auto admitted = admit(request);
  ASSERT_TRUE(admitted) << admitted.error().message;
  EXPECT_EQ(admitted->entry, "Solution.java");
  EXPECT_EQ(admitted->options, request.options);
}

TEST_F(AdmissionTest, EntryIsTheLanguagesOwnFileAmongSeveral) {
  SubmissionRequest request = bash();
  request.files = {
      {"a.sh",    "a"},
      {"main.sh", "b"}
  };
  EXPECT_EQ(admit(request)->entry, "main.sh");
}

TEST_F(AdmissionTest, LanguagesWishesAreDefaultsBelowTheCeiling) {
  for (auto& entry : languages_.all()) {
    entry.language.limits = {.cpu_time = Milliseconds{5'000}, .memory = 512_MiB, .stack = 1_MiB};
    entry.language.compile_limits = {.memory = 64_GiB};
  }
  const auto admitted = admit(bash());
  ASSERT_TRUE(admitted);
  EXPECT_EQ(admitted->limits.cpu_time, Milliseconds{5'000});
  EXPECT_EQ(admitted->limits.memory, 512_MiB);
  EXPECT_EQ(admitted->limits.stack, 1_MiB);
  EXPECT_EQ(admitted->compile_limits.memory, options_.ceiling.memory);
}

TEST_F(AdmissionTest, UnknownLanguageIsToldWhatThereIs) {
  SubmissionRequest request = bash();
  request.language = "zig";
  const auto refused = admit(request);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("there are bash, java"));
}

TEST_F(AdmissionTest, UnusableLanguageIsToldWhatIsMissing) {
  SubmissionRequest request = bash();
  request.language = "go";
  const auto refused = admit(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "language");
  EXPECT_THAT(refused.error().message, HasSubstr("install the package golang-go"));
}

using Change = void (*)(SubmissionRequest&);
struct Case {
  std::string name;
  Change change;
  Errc want;
  std::string field;
};

class Refusal : public AdmissionTest, public ::testing::WithParamInterface<Case> {};

TEST_P(Refusal, NamesTheField) {
  options_.files = 3;
  options_.tests = 3;
  options_.output_files = 3;
  options_.source_bytes = 100_B;
  options_.input_bytes = 100_B;
  SubmissionRequest request = bash();
  GetParam().change(request);
  const auto refused = admit(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, GetParam().want);
  EXPECT_EQ(refused.error().field, GetParam().field);
  EXPECT_THAT(refused.error().message, HasSubstr(GetParam().field));
}

SourceFile file(std::string name) {
  return {std::move(name), "x"};
}

const Case kCases[] = {
    {"no_file",           [](auto& r) { r.files.clear(); },                     Errc::kInvalid,                       "source"},
    {"empty_source",      [](auto& r) { r.files[0].content = ""; },             Errc::kInvalid,                       "source"},
    {"large_source",      [](auto& r) { r.files[0].content.assign(101, 'x'); }, Errc::kTooLarge,
     "source"},
    {"empty_files",
     [](auto& r) {
       r.files = {
           { "a.sh",                    ""}};
     },                                                                               Errc::kInvalid,                                                                                                                    "files[0].content"},
    {"large_files",
     [](auto& r) {
       r.files = {
           {     "a.sh",     std::string(51,     'x')}, {     "b.sh",     std::string(51,     'x')}};
     },                                                     Errc::kTooLarge,"files"},
    {"too_many_files",     [](auto& r) { r.files.assign(4, file("a")); },                                                                         Errc::kInvalid,                                                                                                              "files"},
    {"traversal",     [](auto& r) { r.files = {file("a.sh"), file("../b")}; },Errc::kInvalid,
     "files[1].name"},
    {"name_twice",     [](auto& r) { r.files = {file("a.sh"), file("a.sh")}; },Errc::kInvalid,
     "files[1].name"},
    {"name_missing",     [](auto& r) { r.files = {file("a.sh"), file("")}; },                                                           Errc::kInvalid,
     "files[1].name"    },
    {"reserved_name",
     [](auto& r) {
       r.language = "java";
       r.files = {file("A.java"), file("a.jar")};
     },                                                           Errc::kInvalid,                                                                                               "files[1].name"                                                                                                                                                            },
    {"entry_elsewhere",     [](auto& r) { r.entry = "other.sh"; },                                                           Errc::kInvalid,                                                                                               "entry"},
    {"entry_unclear",     [](auto& r) { r.files = {file("a.sh"), file("b.sh")}; },Errc::kInvalid,
     "entry"},
    {"language_unknown",     [](auto& r) { r.language = "zig"; },Errc::kInvalid,"language"},
    {"language_unclear",    [](auto& r) { r.language = ""; },                                                                   Errc::kInvalid,                                                                                                       "language"                                                                                                                                                                                                                                                                                                                                            },
    {"extension_unknown",
     [](auto& r) {
       r.language = "";
       r.files[0].name = "a.xyz";
     },                                                        Errc::kInvalid,                                                                                                                                                               "language"                                                                                                                                                             },
    {"option",                    [](auto& r) { r.options = {"-fplugin=x"}; },Errc::kInvalid,"options[0]"},
    {"too_many_options",            [](auto& r) { r.options.assign(33, "-O2"); },Errc::kInvalid,"options"},
    {"argument_with_nul",                    [](auto& r) { r.args = {"a", std::string(1, '\0')}; },                                                                 Errc::kInvalid,
     "args[1]"                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             },
    {"too_many_arguments",                    [](auto& r) { r.args.assign(101, "a"); },                                                         Errc::kInvalid,                                                                                                                                                                                                                                "args"                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    },
    {"large_arguments",    [](auto& r) { r.args = {std::string(65'536, 'a')}; },                                                                 Errc::kTooLarge,
     "args"},
    {"too_many_tests",              [](auto& r) { r.tests.resize(4); },Errc::kInvalid,"tests"},
    {"large_stdin",
     [](auto& r) {
       r.tests = {
           {     "",     std::string(101,     'x'),     {}}};
     },                                                                    Errc::kTooLarge,                                                                                                        "stdin"                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    },
    {"large_tests",
     [](auto& r) {
       r.tests = {
           {"a", std::string(51, 'x'), {}}, {"b", "", std::string(51, 'x')}};
     },                                                        Errc::kTooLarge,                                                                                                                                                                                                                                                                                             "tests"                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     },
    {"long_test_name",
     [](auto& r) {
       r.tests = {
           {std::string(201, 'x'), "", {}}};
     },                                                                         Errc::kInvalid,                                                                                                              "tests[0].name"},
    {"test_name_not_utf8",
     [](auto& r) {
       r.tests = {
           {}, {"\xff", "", {}}};
     },                                                                Errc::kInvalid,"tests[1].name"},
    {"output_file", [](auto& r) { r.output_files = {"a", "/etc/passwd"}; },                                                                         Errc::kInvalid,
     "outputFiles[1]"},
    {"output_file_twice", [](auto& r) { r.output_files = {"a", "a"}; },                                                                   Errc::kInvalid,
     "outputFiles[1]"},
    {"too_many_output_files", [](auto& r) { r.output_files.assign(4, "a"); },                                                                               Errc::kInvalid,
     "outputFiles"},
    {"priority_high", [](auto& r) { r.priority = 101; },Errc::kInvalid,"priority"},
    {"priority_low", [](auto& r) { r.priority = -101; },                                                                              Errc::kInvalid,                                                                                                                   "priority"},
    {"delay_negative", [](auto& r) { r.delay_ms = -1; },Errc::kInvalid,                               "delayMs"},
    {"delay_long", [](auto& r) { r.delay_ms = INT64_MAX; },                                                          Errc::kInvalid,                                                                                              "delayMs"},
    {"limit_zero", [](auto& r) { r.limits.wall_time = Milliseconds{0}; },                                                          Errc::kInvalid,
     "limits.wallTimeMs"                                                                                                                                                                                                                                                                                                                                          },
    {"limit_above", [](auto& r) { r.limits.memory = 65_GiB; },                                                             Errc::kInvalid,
     "limits.memoryBytes"},
    {"compile_limit", [](auto& r) { r.compile_limits.processes = -1; },                                                                    Errc::kInvalid,
     "compileLimits.processes"                                                                                                                                                                                                                                                                               },
};
INSTANTIATE_TEST_SUITE_P(Admission, Refusal, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace engine
