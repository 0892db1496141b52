#include "store/codec.h"

#include <random>
#include <tuple>

#include <gtest/gtest.h>

namespace engine {
namespace {

using namespace std::string_literals;

// Values with every field set to something of its own, from a fixed seed.
class Dice {
 public:
  int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(engine_); }
  std::int64_t number() {
    return std::uniform_int_distribution<std::int64_t>(0, std::int64_t{1} << 62)(engine_);
  }
  // Half of them any bytes, half of them text.
  std::string bytes() {
    std::string bytes(static_cast<std::size_t>(below(50)), '\0');
    const bool is_text = below(2) == 0;
    for (char& byte : bytes)
      byte = static_cast<char>(is_text ? 1 + below(127) : below(256));
    return bytes;
  }
  std::vector<std::string> list() {
    std::vector<std::string> list(static_cast<std::size_t>(below(4)));
    for (std::string& item : list)
      item = bytes();
    return list;
  }
  Limits limits() {
    return {.cpu_time = Milliseconds{number()},
            .wall_time = Milliseconds{number()},
            .memory = {number()},
            .stack = {number()},
            .processes = below(1'000),
            .output = {number()},
            .file = {number()},
            .disk = {number()},
            .files = below(1'000)};
  }
  Submission submission() {
    Submission submission{.id = {bytes()},
                          .owner = {bytes()},
                          .language = bytes(),
                          .options = list(),
                          .entry = bytes(),
                          .args = list(),
                          .output_files = list(),
                          .priority = below(1'000) - 500,
                          .delay = Milliseconds{number()},
                          .stop_on_failure = below(2) == 0,
                          .warm = below(2) == 0,
                          .limits = limits(),
                          .compile_limits = limits(),
                          .cache = below(2) == 0};
    for (int i = below(4); i > 0; --i)
      submission.files.push_back({bytes(), bytes()});
    for (int i = below(4); i > 0; --i) {
      submission.tests.push_back({bytes(), bytes(), std::nullopt});
      if (below(2) == 0) submission.tests.back().expected_output = bytes();
    }
    return submission;
  }
  Text text() { return {bytes(), {number()}, below(2) == 0, bytes()}; }
  Usage usage() {
    return {Microseconds{number()}, Microseconds{number()}, {number()}, below(1'000)};
  }
  Verdict verdict() { return static_cast<Verdict>(below(8)); }
  RunOutcome run() {
    RunOutcome run{.test = bytes(),
                   .verdict = verdict(),
                   .exit_code = below(256),
                   .signal = below(64),
                   .time_limit = static_cast<TimeLimit>(below(3)),
                   .stdout_text = text(),
                   .stderr_text = text(),
                   .usage = usage(),
                   .repeated = below(2) == 0};
    for (int i = below(3); i > 0; --i)
      run.files.push_back({bytes(), {number()}, bytes(), bytes()});
    return run;
  }
  Outcome outcome() {
    Outcome outcome{
        .verdict = verdict(),
        .reason = bytes(),
        .language_version = bytes(),
        .phases = {Microseconds{number()}, Microseconds{number()}, Microseconds{number()},
                   Microseconds{number()}},
        .log_object = bytes()
    };
    if (below(2) == 0) {
      outcome.compile = CompileOutcome{.verdict = verdict(),
                                       .exit_code = below(256),
                                       .signal = below(64),
                                       .time_limit = static_cast<TimeLimit>(below(3)),
                                       .output = text(),
                                       .usage = usage(),
                                       .cached = below(2) == 0};
    }
    for (int i = below(4); i > 0; --i)
      outcome.runs.push_back(run());
    return outcome;
  }

 private:
  std::mt19937 engine_{20'240'229};
};

TEST(Codec, SubmissionsComeBackAsTheyWere) {
  Dice dice;
  for (int i = 0; i < 200; ++i) {
    const Submission submission = dice.submission();
    const auto back = decode_submission(encode(submission));
    ASSERT_TRUE(back) << back.error().message;
    ASSERT_EQ(*back, submission) << encode(submission);
  }
}

TEST(Codec, OutcomesComeBackAsTheyWere) {
  Dice dice;
  for (int i = 0; i < 200; ++i) {
    const Outcome outcome = dice.outcome();
    const auto back = decode_outcome(encode(outcome));
    ASSERT_TRUE(back) << back.error().message;
    ASSERT_EQ(*back, outcome) << encode(outcome);
  }
}

TEST(Codec, ListsComeBackAsTheyWere) {
  for (const std::vector<std::string>& words : {
           std::vector<std::string>{},
           {""},
           {"a", "\xff", "b\0c"s, "\"\\\n\u00e9"}
  }) {
    EXPECT_EQ(*decode_words(encode(words)), words);
  }
}

TEST(Codec, TheTextIsFitForEveryDatabase) {
  const std::string text = encode(Submission{
      .args = {"\xff", "a\0b"s, "\xed\xa0\x80"}
  });
  EXPECT_EQ(text.find('\0'), std::string::npos);
  EXPECT_EQ(text.find("\\u0000"), std::string::npos);
  EXPECT_EQ(text.find('\xff'), std::string::npos);
  EXPECT_NE(text.find(R"({"base64":"/w=="})"), std::string::npos);
}

TEST(Codec, EveryTruncationIsAnErrorAndNoCrash) {
  Dice dice;
  const std::string submission = encode(dice.submission());
  for (std::size_t size = 0; size < submission.size(); ++size)
    ASSERT_FALSE(decode_submission(submission.substr(0, size)));
  const std::string outcome = encode(dice.outcome());
  for (std::size_t size = 0; size < outcome.size(); ++size)
    ASSERT_EQ(decode_outcome(outcome.substr(0, size)).error().code, Errc::kInternal);
}

TEST(Codec, DamageIsNoCrash) {
  Dice dice;
  for (int i = 0; i < 500; ++i) {
    std::string submission = encode(dice.submission());
    submission[static_cast<std::size_t>(dice.below(static_cast<int>(submission.size())))] =
        static_cast<char>(dice.below(256));
    std::ignore = decode_submission(submission);
    std::string outcome = encode(dice.outcome());
    outcome[static_cast<std::size_t>(dice.below(static_cast<int>(outcome.size())))] =
        static_cast<char>(dice.below(256));
    std::ignore = decode_outcome(outcome);
  }
}

TEST(Codec, WhatIsNotOneOfOursIsAnError) {
  for (const char* text : {"", "null", "[]", "{}", "1", R"({"v":1})", R"({"v":"1"})"}) {
    EXPECT_FALSE(decode_submission(text)) << text;
    EXPECT_FALSE(decode_outcome(text)) << text;
  }
  std::string later = encode(Outcome{});
  later.replace(later.find("\"v\":1"), 5, "\"v\":2");
  EXPECT_FALSE(decode_outcome(later));
  std::string unknown = encode(Outcome{});
  unknown.replace(unknown.find("internal_error"), 14, "excellent_work");
  EXPECT_FALSE(decode_outcome(unknown));
}

TEST(Codec, OutputBytesAreThoseOfTheObjects) {
  Outcome outcome{.log_object = "log.txt"};
  outcome.runs.push_back({
      .stdout_text = {.size = {100'000}, .object = "runs/0/stdout.txt"},
      .stderr_text = {.size = {10}},
      .files = {{.name = "a", .size = {7}, .object = "runs/0/files/0"},
                      {.name = "b", .size = {9}, .problem = "above the limit"}}
  });
  outcome.compile = CompileOutcome{.output = {.size = {50}}};
  EXPECT_EQ(output_bytes(outcome), Bytes{100'000 * 2 + 10 + 7 + 50});
  outcome.log_object.clear();
  EXPECT_EQ(output_bytes(outcome), Bytes{100'000 + 7});
}

}  // namespace
}  // namespace engine
