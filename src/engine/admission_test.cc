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
    return Admission(languages_, fleet_, options_).admit(std::move(request));
  }

  testing::FakeClock clock_;
  testing::FakeStore store_{clock_};
  Languages languages_ = testing::test_languages();
  Fleet fleet_{store_, languages_, {}};
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
  request.cache = false;
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
  EXPECT_FALSE(admitted->cache);
  EXPECT_EQ(admitted->delay, Milliseconds{5});
  EXPECT_EQ(admitted->limits.cpu_time, Milliseconds{7});
}

TEST_F(AdmissionTest, TheOperatorsStackIsTheDefaultWhateverTheMemory) {
  options_.defaults.stack = 16_MiB;
  SubmissionRequest request = bash("echo");
  request.limits.memory = 128_MiB;
  EXPECT_EQ(admit(request)->limits.stack, 16_MiB);
  request.limits.memory = 20_MiB;
  EXPECT_EQ(admit(request)->limits.stack, 10_MiB);
  request.limits.stack = 20_MiB;
  EXPECT_EQ(admit(request)->limits.stack, 20_MiB);
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

using Change = std::function<void(SubmissionRequest&)>;
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

SourceFile file(std::string name, std::size_t size = 1) {
  return {std::move(name), std::string(size, 'x')};
}
engine::Test test(std::string name, std::size_t input) {
  return {std::move(name), std::string(input, 'x'), std::string()};
}

Case wrong(std::string name, std::string field, Change change) {
  return {std::move(name), std::move(change), Errc::kInvalid, std::move(field)};
}
Case large(std::string name, std::string field, Change change) {
  return {std::move(name), std::move(change), Errc::kTooLarge, std::move(field)};
}

using R = SubmissionRequest;

std::vector<Case> source_cases() {
  return {
      wrong("no_file", "source", [](R& r) { r.files.clear(); }),
      wrong("empty_source", "source", [](R& r) { r.files[0].content = ""; }),
      large("large_source", "source", [](R& r) { r.files[0].content.assign(101, 'x'); }),
      wrong("empty_file", "files[0].content",
            [](R& r) {
              r.files = {
                  SourceFile{"a.sh", ""}
              };
            }),
      large("large_files", "files", [](R& r) { r.files = {file("a", 51), file("b", 51)}; }),
      wrong("too_many_files", "files", [](R& r) { r.files.assign(4, file("a")); }),
      wrong("traversal", "files[1].name", [](R& r) { r.files = {file("a"), file("../b")}; }),
      wrong("name_twice", "files[1].name", [](R& r) { r.files = {file("a"), file("a")}; }),
      wrong("name_missing", "files[1].name", [](R& r) { r.files = {file("a"), file("")}; }),
      wrong("entry_elsewhere", "entry", [](R& r) { r.entry = "other.sh"; }),
      wrong("entry_unclear", "entry", [](R& r) { r.files = {file("a"), file("b")}; }),
      wrong("language_unknown", "language", [](R& r) { r.language = "zig"; }),
      wrong("language_unclear", "language", [](R& r) { r.language = ""; }),
      wrong("extension_unknown", "language",
            [](R& r) {
              r.language = "";
              r.files[0].name = "a.xyz";
            }),
      wrong("reserved_name", "files[1].name",
            [](R& r) {
              r.language = "java";
              r.files = {file("A.java"), file("a.jar")};
            }),
  };
}

std::vector<Case> other_cases() {
  return {
      wrong("option", "options[0]", [](R& r) { r.options = {"-fplugin=x"}; }),
      wrong("too_many_options", "options", [](R& r) { r.options.assign(33, "-O2"); }),
      wrong("nul_in_argument", "args[1]", [](R& r) { r.args = {"a", std::string(1, '\0')}; }),
      wrong("too_many_arguments", "args", [](R& r) { r.args.assign(101, "a"); }),
      large("large_arguments", "args", [](R& r) { r.args = {std::string(65'536, 'a')}; }),
      wrong("too_many_tests", "tests", [](R& r) { r.tests.resize(4); }),
      large("large_stdin", "stdin",
            [](R& r) {
              r.tests = {
                  engine::Test{"", std::string(101, 'x'), {}}
              };
            }),
      large("large_tests", "tests", [](R& r) { r.tests = {test("a", 51), test("b", 51)}; }),
      wrong("long_test_name", "tests[0].name",
            [](R& r) { r.tests = {test(std::string(201, 'x'), 1)}; }),
      wrong("test_name_not_utf8", "tests[1].name",
            [](R& r) { r.tests = {test("a", 1), test("\xff", 1)}; }),
      wrong("output_file", "outputFiles[1]", [](R& r) { r.output_files = {"a", "/etc/b"}; }),
      wrong("output_file_twice", "outputFiles[1]", [](R& r) { r.output_files = {"a", "a"}; }),
      wrong("too_many_output_files", "outputFiles", [](R& r) { r.output_files.assign(4, "a"); }),
      wrong("priority_high", "priority", [](R& r) { r.priority = 101; }),
      wrong("priority_low", "priority", [](R& r) { r.priority = -101; }),
      wrong("delay_negative", "delayMs", [](R& r) { r.delay_ms = -1; }),
      wrong("delay_long", "delayMs", [](R& r) { r.delay_ms = INT64_MAX; }),
      wrong("limit_zero", "limits.wallTimeMs", [](R& r) { r.limits.wall_time = Milliseconds{0}; }),
      wrong("limit_above", "limits.memoryBytes", [](R& r) { r.limits.memory = 65_GiB; }),
      wrong("compile_limit", "compileLimits.processes",
            [](R& r) { r.compile_limits.processes = -1; }),
  };
}
INSTANTIATE_TEST_SUITE_P(Source, Refusal, ::testing::ValuesIn(source_cases()),
                         [](const auto& param) { return param.param.name; });
INSTANTIATE_TEST_SUITE_P(Other, Refusal, ::testing::ValuesIn(other_cases()),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace engine
