#include "engine/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/testing/house.h"

namespace engine {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, CountSubmissionsByLanguageAndVerdict) {
  Metrics metrics;
  Outcome outcome;
  outcome.verdict = Verdict::kTimeLimit;
  outcome.runs.resize(1);
  outcome.phases.running = Microseconds{2'000'000};
  metrics.submission_accepted("cpp");
  metrics.submission_finished("cpp", outcome);
  metrics.submission_cancelled("cpp");
  metrics.attempt_lost(LossCause::kPeer);
  metrics.docker_loss("image");
  metrics.lease_lost();
  metrics.peer_call("output", "put", false, Microseconds{3'000});
  EXPECT_THAT(
      metrics.text(),
      AllOf(
          HasSubstr(R"(execution_engine_submissions_accepted_total{language="cpp"} 1)"),
          HasSubstr(R"(execution_engine_submissions_total{language="cpp",verdict="time_limit"} 1)"),
          HasSubstr(R"(execution_engine_submissions_cancelled_total{language="cpp"} 1)"),
          HasSubstr(R"(execution_engine_attempts_lost_total{cause="peer"} 1)"),
          HasSubstr(R"(execution_engine_docker_losses_total{cause="image"} 1)"),
          HasSubstr("execution_engine_leases_lost_total 1"),
          HasSubstr(R"(execution_engine_peer_seconds_count{call="put",peer="output"} 1)"),
          HasSubstr(R"(execution_engine_peer_failures_total{call="put",peer="output"} 1)"),
          HasSubstr(R"(execution_engine_phase_seconds_sum{phase="running"} 2)"),
          HasSubstr(R"(execution_engine_phase_seconds_bucket{phase="running",le="1"} 0)"),
          HasSubstr(R"(execution_engine_phase_seconds_bucket{phase="running",le="2.5"} 1)"),
          Not(HasSubstr(R"(phase="compiling")"))));
}

TEST(Metrics, CountRequestsByRouteAndClass) {
  Metrics metrics;
  for (const int status : {200, 204, 503})
    metrics.http_request("GET", "/healthz", status, Microseconds{300});
  metrics.http_request("BREW", "/healthz", 405, Microseconds{300});
  EXPECT_THAT(
      metrics.text(),
      AllOf(HasSubstr(R"({method="GET",route="/healthz",status="2xx"} 2)"),
            HasSubstr(R"({method="GET",route="/healthz",status="5xx"} 1)"),
            HasSubstr(R"({method="other",route="/healthz",status="4xx"} 1)"),
            HasSubstr(R"(request_duration_seconds_count{method="GET",route="/healthz"} 3)")));
}

TEST(Metrics, LabelsAreBounded) {
  Metrics metrics;
  for (int n = 0; n < 1'000; ++n)
    metrics.submission_accepted("language-" + std::to_string(n));
  EXPECT_THAT(metrics.text(),
              AllOf(HasSubstr(R"({language="other"} 800)"), Not(HasSubstr("language-999"))));
}

TEST(Metrics, GaugesAreReadAtEveryScrape) {
  Metrics metrics;
  double value = 1;
  metrics.gauge("execution_engine_boxes_ready", "Boxes ready.", [&] { return value; });
  EXPECT_THAT(metrics.text(), HasSubstr("execution_engine_boxes_ready 1\n"));
  value = 2;
  EXPECT_THAT(metrics.text(), HasSubstr("execution_engine_boxes_ready 2\n"));
}

TEST(Metrics, GaugesOfAKindAreNumbered) {
  Metrics metrics;
  std::vector<double> values;
  metrics.gauges("execution_engine_size_bytes", "Of each.", "one", [&] { return values; });
  EXPECT_THAT(metrics.text(), Not(HasSubstr("execution_engine_size_bytes{")));
  values = {7, 8};
  EXPECT_THAT(metrics.text(), AllOf(HasSubstr("execution_engine_size_bytes{one=\"0\"} 7\n"),
                                    HasSubstr("execution_engine_size_bytes{one=\"1\"} 8\n")));
}

TEST(Metrics, EngineShowsItsQueueAndItsProcess) {
  testing::House house;
  house.accept();
  EXPECT_THAT(
      house.metrics.text(),
      AllOf(HasSubstr("execution_engine_queue_waiting 1\n"),
            HasSubstr("execution_engine_stored_bytes 1\n"), HasSubstr("execution_engine_slots 2\n"),
            HasSubstr("process_open_fds "), Not(HasSubstr("process_resident_memory_bytes 0\n"))));
}

}  // namespace
}  // namespace engine
