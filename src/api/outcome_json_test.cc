#include "api/outcome_json.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine::api {
namespace {

namespace json = boost::json;

Result<std::string> link_to(std::string_view object) {
  return "http://host/" + std::string(object);
}

Record queued() {
  return {.id = SubmissionId{"s1"},
          .owner = OwnerId{"alice"},
          .language = "cpp",
          .created_at = WallTime{std::chrono::milliseconds{1'714'564'800'007}}};
}

Record finished() {
  Record record = queued();
  record.state = State::kFinished;
  record.attempt = 2;
  record.started_at = record.created_at + Milliseconds{1};
  record.finished_at = record.created_at + Milliseconds{993};
  Outcome outcome{.verdict = Verdict::kRuntimeError, .language_version = "12.2.0"};
  outcome.compile = CompileOutcome{.verdict = Verdict::kAccepted, .cached = true};
  RunOutcome run{.test = "one", .verdict = Verdict::kRuntimeError, .exit_code = 3};
  run.stdout_text = {.head = "out", .size = Bytes{70'000}, .object = "runs/0/stdout.txt"};
  run.usage = {Microseconds{12'345}, Microseconds{20'000}, Bytes{4'096}, 2};
  run.files = {
      {"plot.png", Bytes{5}, "runs/0/files/0", ""       },
      {"gone.txt", Bytes{0}, "",               "missing"}
  };
  outcome.runs.push_back(run);
  outcome.phases.compiling = Microseconds{1'500};
  outcome.log_object = "log.txt";
  record.outcome = std::move(outcome);
  return record;
}

json::value rendered(const Record& record) {
  const auto text = submission_json(record, link_to);
  EXPECT_TRUE(text);
  return text ? json::parse(*text) : json::value{};
}

TEST(SubmissionJson, IsTheSameShapeBeforeTheEnd) {
  EXPECT_EQ(*submission_json(queued(), link_to),
            R"({"id":"s1","state":"queued","attempt":0,"priority":0,)"
            R"("createdAt":"2024-05-01T12:00:00.007Z","startedAt":null,"finishedAt":null,)"
            R"("language":"cpp","languageVersion":null,"verdict":null,"reason":null,)"
            R"("compile":null,"runs":[],"phases":null,"executedUrl":null})");
  const json::object all = rendered(finished()).as_object();
  const json::object some = rendered(queued()).as_object();
  ASSERT_EQ(some.size(), all.size());
  for (const auto& member : some) {
    EXPECT_TRUE(all.contains(member.key())) << member.key();
  }
}

TEST(SubmissionJson, TellsAllOfAFinishedOne) {
  const json::value all = rendered(finished());
  EXPECT_EQ(all.at("state"), "finished");
  EXPECT_EQ(all.at("attempt"), 2);
  EXPECT_EQ(all.at("finishedAt"), "2024-05-01T12:00:01.000Z");
  EXPECT_EQ(all.at("languageVersion"), "12.2.0");
  EXPECT_EQ(all.at("verdict"), "runtime_error");
  EXPECT_EQ(all.at("executedUrl"), "http://host/log.txt");
  EXPECT_EQ(all.at("phases").at("compilingMs"), 1.5);
  EXPECT_EQ(all.at("compile").at("cached"), true);
  EXPECT_EQ(all.at("compile").at("verdict"), "accepted");
  const json::value& run = all.at("runs").at(0);
  EXPECT_EQ(run.at("name"), "one");
  EXPECT_EQ(run.at("exitCode"), 3);
  EXPECT_TRUE(run.at("signal").is_null());
  EXPECT_TRUE(run.at("timeLimit").is_null());
  EXPECT_EQ(run.at("stdoutUrl"), "http://host/runs/0/stdout.txt");
  EXPECT_EQ(run.at("stdoutBytes"), 70'000);
  EXPECT_TRUE(run.at("stderrUrl").is_null());
  EXPECT_EQ(run.at("usage").at("cpuTimeMs"), 12.345);
  EXPECT_EQ(run.at("usage").at("memoryBytes"), 4'096);
  EXPECT_EQ(run.at("files").at(0).at("url"), "http://host/runs/0/files/0");
  EXPECT_TRUE(run.at("files").at(1).at("url").is_null());
  EXPECT_EQ(run.at("files").at(1).at("problem"), "missing");
}

TEST(SubmissionJson, ASignalLeavesNoExitCode) {
  Record record = finished();
  RunOutcome& run = record.outcome->runs[0];
  run.signal = 9;
  run.exit_code = 0;
  run.time_limit = TimeLimit::kWall;
  const json::value all = rendered(record);
  EXPECT_TRUE(all.at("runs").at(0).at("exitCode").is_null());
  EXPECT_EQ(all.at("runs").at(0).at("signal"), 9);
  EXPECT_EQ(all.at("runs").at(0).at("timeLimit"), "wall");
}

struct OutputCase {
  std::string name;
  Text text;
  std::string want;
  std::string want_encoding;
};

class Stdout : public ::testing::TestWithParam<OutputCase> {};

TEST_P(Stdout, IsTextOrBase64) {
  Record record = finished();
  record.outcome->runs[0].stdout_text = GetParam().text;
  const json::value all = rendered(record);
  EXPECT_EQ(all.at("runs").at(0).at("stdout"), json::value(GetParam().want));
  EXPECT_EQ(all.at("runs").at(0).at("stdoutEncoding"), json::value(GetParam().want_encoding));
}

const OutputCase kOutputs[] = {
    {"empty",            {},                                         "",         "utf8"  },
    {"ascii",            {.head = "a\x1b\n", .size = Bytes{3}},      "a\x1b\n",  "utf8"  },
    {"utf8",             {.head = "\xc3\xa9", .size = Bytes{2}},     "\xc3\xa9", "utf8"  },
    {"binary",           {.head = "\xff", .size = Bytes{1}},         "/w==",     "base64"},
    {"half_a_character", {.head = "a\xc3", .size = Bytes{2}},        "YcM=",     "base64"},
    {"cut_by_us",        {.head = "a\xe2\x82", .size = Bytes{9}},    "a",        "utf8"  },
    {"cut_by_the_limit",
     {.head = "a\xf0\x9f\x98", .size = Bytes{4}, .truncated = true},
     "a",                                                                        "utf8"  },
    {"cut_binary",       {.head = "\xff\x61\xc3", .size = Bytes{9}}, "/2HD",     "base64"},
};
INSTANTIATE_TEST_SUITE_P(Encodings, Stdout, ::testing::ValuesIn(kOutputs),
                         [](const auto& test) { return test.param.name; });

TEST(SubmissionJson, FailsWhereALinkFails) {
  const auto broken = [](std::string_view) -> Result<std::string> {
    return Error{Errc::kUnavailable, "away", {}};
  };
  EXPECT_EQ(submission_json(finished(), broken).error().code, Errc::kUnavailable);
  EXPECT_TRUE(submission_json(queued(), broken));
}

TEST(SubmissionJson, HasNoLinksWithoutAServer) {
  const auto none = [](std::string_view) -> Result<std::string> { return std::string{}; };
  const auto text = submission_json(finished(), none);
  ASSERT_TRUE(text);
  EXPECT_TRUE(json::parse(*text).at("executedUrl").is_null());
}

TEST(SubmissionJson, ForeignTextCannotBreakOut) {
  Record record = finished();
  record.outcome->runs[0].test = "\",\"verdict\":\"accepted";
  record.outcome->runs[0].stdout_text = {.head = "\"}\r\n", .size = Bytes{4}};
  const json::value all = rendered(record);
  EXPECT_EQ(all.at("runs").at(0).at("verdict"), "runtime_error");
  EXPECT_EQ(all.at("runs").at(0).at("stdout"), "\"}\r\n");
}

TEST(Iso8601, IsUtcWithMilliseconds) {
  EXPECT_EQ(iso8601(WallTime{}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso8601(WallTime{} - Milliseconds{1}), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace engine::api
