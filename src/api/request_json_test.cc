#include "api/request_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct RefusedBody {
  std::string name;
  std::string body;
  std::string want_field;
  std::string want_message;  // A part of it.
};

std::string with(const std::string& members) {
  return R"({"language":"cpp","source":"x",)" + members + "}";
}

std::string nested(int depth) {
  const auto times = static_cast<std::size_t>(depth);
  return R"({"args":)" + std::string(times, '[') + std::string(times, ']') + "}";
}

class Refuses : public ::testing::TestWithParam<RefusedBody> {};

TEST_P(Refuses, WithTheFieldAndASentence) {
  const auto request = parse_submission(GetParam().body);
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().code, Errc::kInvalid);
  EXPECT_EQ(request.error().field, GetParam().want_field);
  EXPECT_THAT(request.error().message, HasSubstr(GetParam().want_message));
}

// clang-format off: one row a case, unaligned.
const RefusedBody kGrammar[] = {
    {"empty", "", "", "the body is empty"},
    {"half", R"({"language":)", "", "no valid JSON"},
    {"trailing", R"({"source":"x"} {})", "", "no valid JSON"},
    {"comment", R"({/**/"source":"x"})", "", "no valid JSON"},
    {"trailing_comma", R"({"source":"x",})", "", "no valid JSON"},
    {"nan", with(R"("priority":NaN)"), "", "no valid JSON"},
    {"infinity", with(R"("priority":-Infinity)"), "", "no valid JSON"},
    {"raw_control_character", "{\"source\":\"a\nb\"}", "", "no valid JSON"},
    {"invalid_utf8", "{\"source\":\"\xff\"}", "", "not valid UTF-8"},
    {"overlong_utf8", "{\"source\":\"\xc0\x80\"}", "", "not valid UTF-8"},
    {"encoded_surrogate", "{\"source\":\"\xed\xa0\x80\"}", "", "not valid UTF-8"},
    {"high_surrogate_alone", R"({"source":"\ud800"})", "", "no valid JSON"},
    {"low_surrogate_alone", R"({"source":"\udc00"})", "", "no valid JSON"},
    {"surrogates_swapped", R"({"source":"\udc00\ud800"})", "", "no valid JSON"},
    {"utf8_mark", "\xef\xbb\xbf{\"source\":\"x\"}", "", "byte order mark"},
    {"utf16_mark", std::string("\xff\xfe{\0", 4), "", "byte order mark"},
    {"too_deep", nested(33), "", "no valid JSON"},
    {"deep_as_the_sea", nested(100'000), "", "no valid JSON"},
    {"huge_exponent", with(R"("priority":1e309)"), "priority", "whole number"},
    {"duplicate", R"({"source":"x","source":"y"})", "", "'source' stands"},
    {"duplicate_by_escape", R"({"source":"x","s\u006furce":"y"})", "", "'source' stands"},
    {"duplicate_inside", with(R"("limits":{"files":1,"files":2})"), "", "'files' stands"},
    {"array", "[]", "", "must be an object"},
    {"null", "null", "", "must be an object"},
    {"number", "1", "", "must be an object"},
    {"array_where_string", with(R"("args":["a",["b"]])"), "args[1]", "args[1] must be a string"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Grammar, Refuses, ::testing::ValuesIn(kGrammar),
                         [](const auto& test) { return test.param.name; });

// clang-format off: one row a case, unaligned.
const RefusedBody kTypes[] = {
    {"language_number", R"({"language":1,"source":"x"})", "language", "must be a string"},
    {"language_null", R"({"language":null,"source":"x"})", "language", "must be a string"},
    {"source_array", R"({"source":["x"]})", "source", "must be a string"},
    {"files_object", R"({"files":{}})", "files", "must be an array"},
    {"file_string", R"({"files":["a.c"]})", "files[0]", "must be an object"},
    {"file_name_number", R"({"files":[{"name":1,"content":""}]})", "files[0].name", "a string"},
    {"args_string", with(R"("args":"-x")"), "args", "must be an array"},
    {"options_number", with(R"("options":[1])"), "options[0]", "must be a string"},
    {"stdin_number", with(R"("stdin":1)"), "stdin", "must be a string"},
    {"tests_object", with(R"("tests":{})"), "tests", "must be an array"},
    {"test_stdin", with(R"("tests":[{},{},{"stdin":false}])"), "tests[2].stdin", "a string"},
    {"expected_output", with(R"("tests":[{"expectedOutput":3}])"), "tests[0].expectedOutput",
     "must be a string"},
    {"stopOnFailure", with(R"("stopOnFailure":1)"), "stopOnFailure", "must be true or false"},
    {"warm",         with(R"("warm":"no")"),       "warm",        "must be true or false"},
    {"output_files", with(R"("outputFiles":"x")"), "outputFiles", "must be an array"},
    {"cache_number", with(R"("cache":0)"), "cache", "must be true or false"},
    {"cache_null", with(R"("cache":null)"), "cache", "must be true or false"},
    {"priority_string", with(R"("priority":"1")"), "priority", "must be a whole number"},
    {"priority_fraction", with(R"("priority":1.5)"), "priority", "must be a whole number"},
    {"priority_point_zero", with(R"("priority":1.0)"), "priority", "must be a whole number"},
    {"delay_true", with(R"("delayMs":true)"), "delayMs", "must be a whole number"},
    {"limits_array", with(R"("limits":[])"), "limits", "must be an object"},
    {"limit_string", with(R"("limits":{"cpuTimeMs":"1"})"), "limits.cpuTimeMs", "whole number"},
    {"limit_past_int64", with(R"("limits":{"memoryBytes":9223372036854775809})"),
     "limits.memoryBytes", "too large"},
    {"limit_past_uint64", with(R"("limits":{"memoryBytes":18446744073709551617})"),
     "limits.memoryBytes", "whole number"},
    {"limit_past_int", with(R"("limits":{"processes":4294967297})"), "limits.processes",
     "out of range"},
    {"compile_limit", with(R"("compileLimits":{"files":0.5})"), "compileLimits.files",
     "whole number"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Types, Refuses, ::testing::ValuesIn(kTypes),
                         [](const auto& test) { return test.param.name; });

// clang-format off: one row a case, unaligned.
const RefusedBody kShape[] = {
    {"unknown", with(R"("stdinn":"x")"), "stdinn", "unknown member 'stdinn'"},
    {"unknown_limit", with(R"("limits":{"cpu":1})"), "limits.cpu", "unknown member"},
    {"unknown_in_test", with(R"("tests":[{"input":""}])"), "tests[0].input", "unknown member"},
    {"unknown_in_file", R"({"files":[{"name":"a","content":"","mode":1}]})", "files[0].mode",
     "unknown member"},
    {"no_source", R"({"language":"cpp"})", "source", "source is missing"},
    {"source_and_files", R"({"source":"x","files":[{"name":"a","content":""}]})", "files",
     "stands beside source"},
    {"entry_without_files", with(R"("entry":"a.c")"), "entry", "files"},
    {"stdin_and_tests", with(R"("stdin":"","tests":[{}])"), "tests", "stands beside stdin"},
    {"no_files", R"({"files":[]})", "files", "must not be empty"},
    {"no_tests", with(R"("tests":[])"), "tests", "must not be empty"},
    {"file_without_name", R"({"files":[{"content":""}]})", "files[0].name", "is missing"},
    {"file_without_content", R"({"files":[{"name":"a"}]})", "files[0].content", "is missing"},
    {"file_with_empty_name", R"({"files":[{"name":"","content":""}]})", "files[0].name", "empty"},
    {"encoding", R"({"files":[{"name":"a","content":"","encoding":"gzip"}]})",
     "files[0].encoding", "utf8 or base64"},
    {"base64_blank", R"({"files":[{"name":"a","content":"YQ= =","encoding":"base64"}]})",
     "files[0].content", "base64"},
    {"base64_length", R"({"files":[{"name":"a","content":"YQ","encoding":"base64"}]})",
     "files[0].content", "base64"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Shape, Refuses, ::testing::ValuesIn(kShape),
                         [](const auto& test) { return test.param.name; });

TEST(ParseSubmission, ReadsEveryMember) {
  const auto request = parse_submission(R"({
    "language": "cpp",
    "files": [{"name": "main.cpp", "content": "int main() {}"},
              {"name": "a.bin", "content": "AAH/", "encoding": "base64"},
              {"name": "b.txt", "content": "b", "encoding": "utf8"}],
    "entry": "main.cpp", "options": ["-std=c++17"], "args": ["", "-v"],
    "tests": [{"name": "one", "stdin": "1\u0000", "expectedOutput": ""}, {}],
    "outputFiles": ["plot.png"], "priority": -3, "delayMs": 250, "stopOnFailure": true,
    "warm": false,
    "limits": {"cpuTimeMs": 1, "wallTimeMs": 2, "memoryBytes": 3, "stackBytes": 4,
               "processes": 5, "outputBytes": 6, "fileBytes": 7, "diskBytes": 8, "files": 9},
    "compileLimits": {"cpuTimeMs": 10}, "cache": false})");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->language, "cpp");
  EXPECT_THAT(request->files, ElementsAre(SourceFile{"main.cpp", "int main() {}"},
                                          SourceFile{"a.bin", std::string("\0\x01\xff", 3)},
                                          SourceFile{"b.txt", "b"}));
  EXPECT_EQ(request->entry, "main.cpp");
  EXPECT_THAT(request->options, ElementsAre("-std=c++17"));
  EXPECT_THAT(request->args, ElementsAre("", "-v"));
  EXPECT_THAT(request->tests,
              ElementsAre(engine::Test{"one", std::string("1\0", 2), ""}, engine::Test{}));
  EXPECT_THAT(request->output_files, ElementsAre("plot.png"));
  EXPECT_EQ(request->priority, -3);
  EXPECT_EQ(request->delay_ms, 250);
  EXPECT_TRUE(request->stop_on_failure);
  EXPECT_FALSE(request->warm);
  EXPECT_EQ(request->compile_limits.cpu_time, Milliseconds{10});
  EXPECT_FALSE(request->cache);
}

TEST(ParseSubmission, PutsEachLimitInItsPlace) {
  const auto request = parse_submission(with(
      R"("limits":{"cpuTimeMs":1,"wallTimeMs":2,"memoryBytes":3,"stackBytes":4,"processes":5,
                   "outputBytes":6,"fileBytes":7,"diskBytes":8,"files":-9})"));
  ASSERT_TRUE(request) << request.error().message;
  const LimitsRequest& limits = request->limits;
  EXPECT_EQ(limits.cpu_time, Milliseconds{1});
  EXPECT_EQ(limits.wall_time, Milliseconds{2});
  EXPECT_EQ(limits.memory, Bytes{3});
  EXPECT_EQ(limits.stack, Bytes{4});
  EXPECT_EQ(limits.processes, 5);
  EXPECT_EQ(limits.output, Bytes{6});
  EXPECT_EQ(limits.file, Bytes{7});
  EXPECT_EQ(limits.disk, Bytes{8});
  EXPECT_EQ(limits.files, -9);  // The engine refuses it, with its ceiling.
  EXPECT_FALSE(request->compile_limits.cpu_time);
}

TEST(ParseSubmission, ALoneSourceIsAFileWithoutANameAndOneEmptyTest) {
  const auto request = parse_submission(R"(  {"source":"print 1"}  )");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_TRUE(request->cache);
  EXPECT_THAT(request->files, ElementsAre(SourceFile{"", "print 1"}));
  EXPECT_THAT(request->tests, ElementsAre(engine::Test{}));
}

TEST(ParseSubmission, ALoneStdinIsOneTestWithoutAName) {
  const auto request = parse_submission(with(R"("stdin":"7 \ud83d\ude00")"));
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_THAT(request->tests, ElementsAre(engine::Test{"", "7 \xf0\x9f\x98\x80", std::nullopt}));
}

TEST(ParseSubmission, RefusesABodyOfTinyValues) {
  std::string body = R"({"args":[)";
  for (int i = 0; i < 60'000; ++i)
    body += "[],0,";
  const auto request = parse_submission(body + "0]}");
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().code, Errc::kInvalid);
}

TEST(ParseUrlRequest, ReadsAndRefuses) {
  const auto request = parse_url_request(R"({"url":"https://a/b.c","language":"c","stdin":"1"})");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->url, "https://a/b.c");
  EXPECT_EQ(request->language, "c");
  EXPECT_EQ(request->input, "1");
  EXPECT_EQ(parse_url_request("{}").error().message, "url is missing");
  EXPECT_EQ(parse_url_request(R"({"url":""})").error().field, "url");
  EXPECT_EQ(parse_url_request(R"({"url":["x"]})").error().field, "url");
  EXPECT_EQ(parse_url_request(R"({"url":"x","to":1})").error().field, "to");
}

}  // namespace
}  // namespace engine::api
