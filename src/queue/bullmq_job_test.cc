#include "queue/bullmq_job.h"

#include <gtest/gtest.h>

#include "queue/msgpack.h"

namespace engine::bullmq {
namespace {

TEST(BullmqJobOptions, ReadsWhatAWorkerHonours) {
  const auto options = JobOptions::parse(
      R"({"attempts":3,"backoff":{"type":"exponential","delay":100,"jitter":0.5},"kl":20,)"
      R"("removeOnComplete":true,"removeOnFail":{"age":60,"count":9},"lifo":true,"fpof":true})");
  EXPECT_EQ(options.attempts, 3);
  ASSERT_TRUE(options.backoff);
  EXPECT_TRUE(options.backoff->is_exponential);
  EXPECT_EQ(options.backoff->delay, Milliseconds{100});
  EXPECT_EQ(options.backoff->jitter, 0.5);
  EXPECT_EQ(options.keep_logs, 20);
  EXPECT_EQ(options.keep_completed->count, 0);
  EXPECT_EQ(options.keep_failed->count, 9);
  EXPECT_EQ(options.keep_failed->age, 60);
  EXPECT_TRUE(options.is_lifo);
  EXPECT_TRUE(options.fail_parent);
}

TEST(BullmqJobOptions, KeepsAsManyAsAreAskedFor) {
  const auto keep = [](const char* json) { return *JobOptions::parse(json).keep_completed; };
  EXPECT_EQ(keep(R"({"removeOnComplete":false})").count, -1);
  EXPECT_EQ(keep(R"({"removeOnComplete":7})").count, 7);
  EXPECT_EQ(keep(R"({"removeOnComplete":-9})").count, -1);
  EXPECT_EQ(keep(R"({"removeOnComplete":{}})").count, -1);
  EXPECT_FALSE(keep(R"({"removeOnComplete":{"age":5}})").count);
}

TEST(BullmqJobOptions, WrongTypesCountAsAbsent) {
  for (const char* json : {"", "[]", "null", "{", "\"x\"", "{\"attempts\":\"3\",\"backoff\":\"x\"}",
                           "{\"attempts\":null,\"removeOnComplete\":\"1\",\"removeOnFail\":[]}",
                           "{\"kl\":{},\"lifo\":1,\"backoff\":[1]}"}) {
    const auto options = JobOptions::parse(json);
    EXPECT_EQ(options.attempts, 0) << json;
    EXPECT_FALSE(options.backoff) << json;
    EXPECT_FALSE(options.keep_completed) << json;
    EXPECT_FALSE(options.keep_failed) << json;
    EXPECT_FALSE(options.keep_logs) << json;
    EXPECT_FALSE(options.is_lifo) << json;
  }
}

TEST(BullmqJobOptions, NumbersBeyondReasonAreBounded) {
  const auto options = JobOptions::parse(
      R"({"attempts":1e300,"backoff":{"type":"exponential","delay":1e300,"jitter":7}})");
  EXPECT_EQ(options.attempts, 1'000'000'000);
  const auto delay = backoff_delay(*options.backoff, 1'000'000'000, 0);
  EXPECT_GT(delay, Milliseconds{0});
  EXPECT_LE(delay, std::chrono::hours{24 * 366 * 10});
  EXPECT_EQ(backoff_delay(*options.backoff, 1, 1), Milliseconds{0});
}

TEST(BullmqBackoff, GrowsAsNodesDoes) {
  const Backoff fixed{.delay = Milliseconds{100}};
  EXPECT_EQ(backoff_delay(fixed, 5, 0.7), Milliseconds{100});
  const Backoff exponential{.is_exponential = true, .delay = Milliseconds{100}};
  EXPECT_EQ(backoff_delay(exponential, 1, 0), Milliseconds{100});
  EXPECT_EQ(backoff_delay(exponential, 4, 0), Milliseconds{800});
}

class BullmqContent : public ::testing::Test {
 protected:
  Result<Content> read(const std::string& data, const std::string& id = "7") {
    return read_content({.id = id, .timestamp = "1700000000000", .data = data}, "submissions",
                        1_KiB);
  }
};

TEST_F(BullmqContent, AnIdAloneIsOurs) {
  const auto content = read(R"({"submissionId":"abc"})", "abc");
  ASSERT_TRUE(content);
  EXPECT_EQ(content->submission.text, "abc");
  EXPECT_EQ(content->request, "");
}

TEST_F(BullmqContent, AnyOtherObjectIsAStrangersAndKeepsItsId) {
  const auto content = read(R"({"language":"c"})");
  ASSERT_TRUE(content);
  EXPECT_EQ(content->request, R"({"language":"c"})");
  EXPECT_EQ(content->submission.text.size(), 36U);
  EXPECT_EQ(content->submission.text[14], '8');
  EXPECT_EQ(content->submission, read(R"({"language":"c"})")->submission);
  EXPECT_NE(content->submission, read(R"({"language":"c"})", "8")->submission);
}

TEST_F(BullmqContent, WhatIsNoSubmissionIsRefused) {
  for (const char* data :
       {"", "null", "[]", "7", "{", "{}x", "{\"a\":\"\xff\"}", "{\"a\":\"\\ud800\"}",
        "{\"submissionId\":7}", "{\"submissionId\":\"another\"}"}) {
    EXPECT_FALSE(read(data)) << data;
  }
  EXPECT_FALSE(read(std::string(10'000, '[')));
  EXPECT_FALSE(read("{\"a\":\"" + std::string(2'000, 'x') + "\"}"));
}

TEST(Msgpack, WritesWhatTheFormatSays) {
  Msgpack packed;
  packed.map(1).text("a").array(3).nil().boolean(true).integer(-1);
  EXPECT_EQ(packed.bytes(), std::string("\xdf\0\0\0\1\xa1"
                                        "a\xdd\0\0\0\3\xc0\xc3\xd3\xff\xff\xff\xff\xff\xff\xff\xff",
                                        23));
  EXPECT_EQ(Msgpack().integer(127).bytes(), "\x7f");
  EXPECT_EQ(Msgpack().text(std::string(40, 'x')).bytes().substr(0, 5),
            std::string("\xdb\0\0\0\x28", 5));
}

}  // namespace
}  // namespace engine::bullmq
