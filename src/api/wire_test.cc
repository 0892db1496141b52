#include "api/wire.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace engine::api {
namespace {

const std::unique_ptr<const Wire> kWire = make_wire();

Event event(Event::Kind kind) {
  Event event;
  event.kind = kind;
  event.attempt = 2;
  event.test = 3;
  return event;
}

Record finished_record(std::size_t runs, std::size_t head) {
  Record record;
  record.id = {"an id"};
  record.state = State::kFinished;
  record.attempt = 1;
  record.outcome.emplace();
  record.outcome->verdict = Verdict::kAccepted;
  for (std::size_t n = 0; n < runs; ++n) {
    auto& run = record.outcome->runs.emplace_back();
    run.verdict = Verdict::kAccepted;
    run.stdout_text.head.assign(head, 'x');
    run.stdout_text.size = Bytes{static_cast<std::int64_t>(head)};
  }
  return record;
}

Result<std::string> link(std::string_view object) {
  return "http://host/" + std::string(object);
}

TEST(Wire, WhatIsToldAsProgressIsHeardAsEvents) {
  Event phase = event(Event::Kind::kPhase);
  phase.phase = Progress::Phase::kRunning;
  Event usage = event(Event::Kind::kUsage);
  usage.usage = {.cpu_time = Microseconds{1'500},
                 .wall_time = Microseconds{2'250},
                 .memory_now = 3_MiB,
                 .memory_peak = 4_MiB,
                 .processes = 5};
  Event text = event(Event::Kind::kOutput);
  text.stream = sandbox::Stream::kStderr;
  text.bytes = "plain \"text\"";
  Event bytes = event(Event::Kind::kOutput);
  bytes.bytes = "\xff\xfe";
  const auto heard = kWire->events(kWire->progress({phase, usage, text, bytes}));
  ASSERT_EQ(heard.size(), 4U);
  for (const Event& part : heard) {
    EXPECT_EQ(part.attempt, 2);
    EXPECT_EQ(part.test, 3);
  }
  EXPECT_EQ(heard[0].phase, Progress::Phase::kRunning);
  EXPECT_EQ(heard[1].usage.cpu_time, usage.usage.cpu_time);
  EXPECT_EQ(heard[1].usage.wall_time, usage.usage.wall_time);
  EXPECT_EQ(heard[1].usage.memory_now, 3_MiB);
  EXPECT_EQ(heard[1].usage.memory_peak, 4_MiB);
  EXPECT_EQ(heard[1].usage.processes, 5);
  EXPECT_EQ(heard[2].stream, sandbox::Stream::kStderr);
  EXPECT_EQ(heard[2].bytes, text.bytes);
  EXPECT_EQ(heard[3].bytes, bytes.bytes);
}

TEST(Wire, ProgressThatMakesNoSenseIsNoEvent) {
  for (const char* text :
       {"", "7", "null", "{}", R"({"events":7})", R"({"events":[7,{},{"phase":"dancing"}]})",
        R"({"events":[{"stream":"stdout","text":"?","encoding":"base64"}]})", "{\"events\":["})
    EXPECT_TRUE(kWire->events(text).empty()) << text;
}

TEST(Wire, StrangeNumbersStayWithinBounds) {
  const auto heard = kWire->events(
      R"({"events":[{"attempt":1e300,"test":-5e300,"cpuTimeMs":1e300,"processes":-1}]})");
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0].attempt, 1'000'000);
  EXPECT_EQ(heard[0].usage.processes, 0);
}

TEST(Wire, AnOutcomeThatFitsIsWhole) {
  const auto json = kWire->outcome(finished_record(2, 1'000), link, 64_KiB);
  const auto value = boost::json::parse(json);
  EXPECT_EQ(value.at("runs").as_array().size(), 2U);
  EXPECT_EQ(value.at("runs").at(0).at("stdout").as_string().size(), 1'000U);
}

TEST(Wire, AnOutcomeThatDoesNotFitShowsLess) {
  const auto json = kWire->outcome(finished_record(5, 40'000), link, 64_KiB);
  EXPECT_LE(json.size(), 64U * 1'024);
  const auto value = boost::json::parse(json);
  EXPECT_EQ(value.at("runs").as_array().size(), 5U);
  EXPECT_LT(value.at("runs").at(0).at("stdout").as_string().size(), 40'000U);
  EXPECT_EQ(value.at("runs").at(0).at("stdoutBytes").as_int64(), 40'000);
}

TEST(Wire, EvenAThousandRunsAreCutToFit) {
  const auto json = kWire->outcome(finished_record(1'000, 100), link, 64_KiB);
  EXPECT_LE(json.size(), 64U * 1'024);
  EXPECT_EQ(boost::json::parse(json).at("verdict").as_string(), "accepted");
}

TEST(Wire, LinksThatCannotBeMadeAreLeftOut) {
  Record record = finished_record(1, 10);
  record.outcome->log_object = "log.txt";
  const auto no_link = [](std::string_view) -> Result<std::string> {
    return Error{Errc::kUnavailable, "away", {}};
  };
  const auto value = boost::json::parse(kWire->outcome(record, no_link, 64_KiB));
  EXPECT_EQ(value.at("verdict").as_string(), "accepted");
}

}  // namespace
}  // namespace engine::api
