#include <thread>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/event_text.h"
#include "api/testing/api_house.h"

namespace engine::api {
namespace {

namespace json = boost::json;
using engine::testing::FakeRunner;
using engine::testing::Gate;
using testing::ApiHouse;
using ::testing::HasSubstr;
using testing::request;
using ::testing::StartsWith;
using testing::TextWriter;

http::Request events_of(const std::string& id) {
  return request("GET", "/api/v1/submissions/" + id + "/events");
}

class EventsTest : public ::testing::Test {
 protected:
  void start() { ASSERT_TRUE(api_.engine->start()); }

  ApiHouse api_;
  TextWriter writer_;
};

TEST_F(EventsTest, EndsWithStateAndResult) {
  const std::string id = api_.submit();
  const auto response = api_.call(events_of(id));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "text/event-stream");
  ASSERT_TRUE(response.stream);
  start();
  api_.pump(response, writer_);
  EXPECT_THAT(writer_.text, StartsWith("id: 1\nevent: state\n"
                                       "data: {\"attempt\":0,\"state\":\"queued\"}\n\n"));
  EXPECT_THAT(writer_.text, HasSubstr(R"({"attempt":1,"state":"running"})"));
  EXPECT_THAT(writer_.text, HasSubstr(R"({"attempt":1,"state":"finished"})"));
  const std::size_t result = writer_.text.find("event: result\ndata: ");
  ASSERT_NE(result, std::string::npos);
  const std::string data = writer_.text.substr(result + 20);
  ASSERT_TRUE(data.ends_with("}\n\n"));
  EXPECT_EQ(json::parse(data).at("verdict"), "accepted");
}

TEST_F(EventsTest, ShowsPhasesUsageAndOutput) {
  api_.house.runner.play([](const Submission&, Progress& progress, const std::stop_token&) {
    progress.on_phase(Progress::Phase::kRunning, 0);
    progress.on_usage(0, {.cpu_time = Microseconds{1'500}, .memory_now = Bytes{7}});
    progress.on_output(0, sandbox::Stream::kStdout, "line\n");
    progress.on_output(0, sandbox::Stream::kStderr, "\xff");
    return FakeRunner::accepted();
  });
  const auto response = api_.call(events_of(api_.submit()));
  start();
  api_.pump(response, writer_);
  EXPECT_THAT(writer_.text, HasSubstr("event: phase\ndata: "
                                      R"({"attempt":1,"phase":"running","test":0})"));
  EXPECT_THAT(writer_.text, HasSubstr(R"("cpuTimeMs":1.5,"wallTimeMs":0,"memoryBytes":7)"));
  EXPECT_THAT(writer_.text,
              HasSubstr(R"("test":0,"stream":"stdout","text":"line\n","encoding":"utf8"})"));
  EXPECT_THAT(writer_.text, HasSubstr(R"("stream":"stderr","text":"/w==","encoding":"base64"})"));
}

TEST_F(EventsTest, ALateListenerGetsTheEndAtOnce) {
  start();
  const std::string id = api_.submit();
  api_.finish(id);
  api_.pump(api_.call(events_of(id)), writer_);
  EXPECT_THAT(writer_.text, StartsWith("id: 1\nevent: state\ndata: {\"attempt\":1,"
                                       "\"state\":\"finished\"}\n\nid: 2\nevent: result\n"));
}

TEST_F(EventsTest, ACancelledOneHasAResultToo) {
  const std::string id = api_.submit();
  const auto response = api_.call(events_of(id));
  ASSERT_TRUE(api_.engine->cancel(SubmissionId{id}, OwnerId{}));
  api_.pump(response, writer_);
  EXPECT_THAT(writer_.text, HasSubstr("event: result\n"));
  EXPECT_THAT(writer_.text, HasSubstr(R"("state":"cancelled")"));
}

TEST_F(EventsTest, StaysAliveWhileNothingHappens) {
  api_.options.keep_alive = std::chrono::seconds{0};
  api_.make_handler();
  writer_.on_write = [&](const std::string& so_far) {
    writer_.open = so_far.find(": keep-alive\n\n") == std::string::npos;
  };
  api_.pump(api_.call(events_of(api_.submit())), writer_);
  EXPECT_THAT(writer_.text, HasSubstr("\n\n: keep-alive\n\n"));
}

TEST_F(EventsTest, EndsWhenTheClientIsGone) {
  writer_.open = false;
  api_.pump(api_.call(events_of(api_.submit())), writer_);
  EXPECT_THAT(writer_.text, StartsWith("id: 1\nevent: state\n"));
  EXPECT_EQ(writer_.text.find("id: 2"), std::string::npos);
}

TEST_F(EventsTest, ASlowClientIsCut) {
  api_.options.event_backlog = Bytes{1'000};
  api_.make_handler();
  Gate flooded;
  api_.house.runner.play([&](const Submission&, Progress& progress, const std::stop_token&) {
    progress.on_output(0, sandbox::Stream::kStdout, std::string(5'000, 'x'));
    flooded.arrive();
    return FakeRunner::accepted();
  });
  const auto response = api_.call(events_of(api_.submit()));
  start();
  // The client takes nothing until the engine has told more than is kept for him.
  ASSERT_TRUE(flooded.wait_for_arrivals(1));
  api_.pump(response, writer_);
  EXPECT_EQ(writer_.text.find("event: result"), std::string::npos);
}

TEST_F(EventsTest, EndsWhenTheServerStops) {
  std::stop_source stopping;
  api_.options.stopping = stopping.get_token();
  api_.make_handler();
  const auto response = api_.call(events_of(api_.submit()));
  stopping.request_stop();
  api_.pump(response, writer_);
  EXPECT_EQ(writer_.text.find("event: result"), std::string::npos);
}

TEST_F(EventsTest, HeadOpensNoStream) {
  auto head = events_of(api_.submit());
  head.method = "HEAD";
  const auto response = api_.call(std::move(head));
  EXPECT_EQ(response.status, 200);
  EXPECT_FALSE(response.stream);
}

}  // namespace
}  // namespace engine::api
