#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/testing/api_house.h"

namespace engine::api {
namespace {

namespace json = boost::json;
using engine::testing::Gate;
using testing::ApiHouse;
using testing::header;
using testing::kBash;
using testing::post_json;
using testing::request;

const std::string kSubmissions = "/api/v1/submissions";

class SubmissionsTest : public ::testing::Test {
 protected:
  void start() { ASSERT_TRUE(api_.engine->start()); }
  http::Response post(const std::string& query, std::string body = kBash) {
    return api_.call(post_json(kSubmissions + query, std::move(body)));
  }

  ApiHouse api_;
};

TEST_F(SubmissionsTest, CreatedIs201WithLocation) {
  const auto response = post("");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, R"({"id":"id-1","state":"queued"})");
  EXPECT_EQ(header(response, "Location"), "/api/v1/submissions/id-1");
  EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff");
}

TEST_F(SubmissionsTest, WaitGivesTheWholeSubmission) {
  start();
  const auto response = post("?wait=true");
  EXPECT_EQ(response.status, 200);
  const json::value body = json::parse(response.body);
  EXPECT_EQ(body.at("state"), "finished");
  EXPECT_EQ(body.at("verdict"), "accepted");
  EXPECT_EQ(body.at("runs").as_array().size(), 1U);
  EXPECT_EQ(body, json::parse(api_.call(request("GET", kSubmissions + "/id-1")).body));
}

TEST_F(SubmissionsTest, WhatIsAtHandIsShownAsTheStoreHasIt) {
  start();
  const std::string id = api_.submit();
  ASSERT_TRUE(
      engine::testing::eventually([&] { return api_.house.state({id}) == State::kFinished; }));
  const int before = api_.house.store.finds();
  const auto first = api_.call(request("GET", kSubmissions + "/" + id));
  EXPECT_EQ(api_.house.store.finds(), before + 1);
  EXPECT_THAT(first.body, ::testing::HasSubstr(R"("executedUrl":"http)"));
  const auto second = api_.call(request("GET", kSubmissions + "/" + id));
  EXPECT_EQ(api_.house.store.finds(), before + 1);
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(second.body, first.body);
}

TEST_F(SubmissionsTest, WaitIsOverAtTheTimeout) {
  const auto response = post("?wait=true&timeoutMs=0");
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.body, R"({"id":"id-1","state":"queued"})");
}

TEST_F(SubmissionsTest, WaitAtTheTimeoutTellsThatItRuns) {
  Gate gate;
  api_.house.runner.block_at(gate);
  start();
  auto first = post_json(kSubmissions, kBash);
  first.headers.emplace_back("Idempotency-Key", "k");
  auto waits = post_json(kSubmissions + "?wait=true&timeoutMs=1", kBash);
  waits.headers.emplace_back("Idempotency-Key", "k");
  ASSERT_EQ(api_.call(std::move(first)).status, 201);
  ASSERT_TRUE(gate.wait_for_arrivals(1));
  const auto response = api_.call(std::move(waits));
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.body, R"({"id":"id-1","state":"running"})");
  gate.open();
}

TEST_F(SubmissionsTest, WaitEndsWhenTheServerStops) {
  std::stop_source stopping;
  api_.options.stopping = stopping.get_token();
  api_.make_handler();
  stopping.request_stop();
  EXPECT_EQ(post("?wait=true&timeoutMs=60000").status, 202);
}

TEST_F(SubmissionsTest, WaitEndsWhenItsClientHasGone) {
  std::stop_source gone;
  auto waits = post_json(kSubmissions + "?wait=true&timeoutMs=60000", kBash);
  waits.client_gone = gone.get_token();
  std::jthread leaver([&] {
    ASSERT_TRUE(
        engine::testing::eventually([&] { return api_.house.store.counts()->queued == 1; }));
    gone.request_stop();
  });
  EXPECT_EQ(api_.call(std::move(waits)).status, 202);
}

TEST_F(SubmissionsTest, WaitOfACancelledOneEnds) {
  Gate gate;
  api_.house.runner.block_at(gate);
  start();
  std::jthread canceller([&] {
    ASSERT_TRUE(gate.wait_for_arrivals(1));
    ASSERT_TRUE(api_.engine->cancel(SubmissionId{"id-1"}, OwnerId{}));
  });
  const auto response = post("?wait=true");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json::parse(response.body).at("state"), "cancelled");
}

struct RefusedQuery {
  std::string name;
  std::string query;
  std::string body;
  std::string want_field;
};

class CreateRefuses : public SubmissionsTest, public ::testing::WithParamInterface<RefusedQuery> {};

TEST_P(CreateRefuses, NamingTheField) {
  const auto response = post(GetParam().query, GetParam().body);
  EXPECT_EQ(response.status, 400) << response.body;
  const json::value error = json::parse(response.body).at("error");
  EXPECT_EQ(error.at("code"), "invalid_request");
  EXPECT_FALSE(error.at("message").as_string().empty());
  EXPECT_EQ(error.at("field"), json::value(GetParam().want_field));
}

// clang-format off: one row a case, unaligned.
const RefusedQuery kRefusedQueries[] = {
    {"wait_word", "?wait=1", kBash, "wait"},
    {"wait_empty", "?wait=", kBash, "wait"},
    {"timeout_word", "?wait=true&timeoutMs=soon", kBash, "timeoutMs"},
    {"timeout_minus", "?wait=true&timeoutMs=-1", kBash, "timeoutMs"},
    {"timeout_fraction", "?wait=true&timeoutMs=1.5", kBash, "timeoutMs"},
    {"timeout_above_the_ceiling", "?wait=true&timeoutMs=60001", kBash, "timeoutMs"},
    {"timeout_past_int64", "?timeoutMs=9223372036854775808", kBash, "timeoutMs"},
    {"unknown_parameter", "?wiat=true", kBash, "wiat"},
    {"twice", "?wait=true&wait=false", kBash, "wait"},
    {"unknown_member", "", R"({"language":"bash","source":"x","sauce":1})", "sauce"},
    {"unknown_language", "", R"({"language":"zig","source":"x"})", "language"},
    {"empty_source", "", R"({"language":"bash","source":""})", "source"},
    {"traversal", "", R"({"language":"bash","files":[{"name":"../a","content":"x"}]})",
     "files[0].name"},
    {"limit_above_the_ceiling", "",
     R"({"language":"bash","source":"x","limits":{"memoryBytes":99999999999}})",
     "limits.memoryBytes"},
    {"zero_limit", "", R"({"language":"bash","source":"x","limits":{"wallTimeMs":0}})",
     "limits.wallTimeMs"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Requests, CreateRefuses, ::testing::ValuesIn(kRefusedQueries),
                         [](const auto& test) { return test.param.name; });

TEST_F(SubmissionsTest, RefusesOtherContentTypes) {
  for (const auto* type : {"", "text/plain", "application/x-www-form-urlencoded", "application/jso",
                           "application/jsonx"}) {
    const auto response = api_.call(request("POST", kSubmissions, type, kBash));
    EXPECT_EQ(response.status, 415) << type;
    EXPECT_EQ(json::parse(response.body).at("error").at("field"), "Content-Type");
  }
  for (const auto* type : {"application/json; charset=utf-8", "Application/JSON"}) {
    EXPECT_EQ(api_.call(request("POST", kSubmissions, type, kBash)).status, 201) << type;
  }
}

TEST_F(SubmissionsTest, ABigBodyIsReadOnThePool) {
  const std::string big(100'000, 'x');
  EXPECT_EQ(post("", R"({"language":"bash","source":")" + big + R"("})").status, 201);
  EXPECT_EQ(api_.house.store.load(SubmissionId{"id-1"})->files[0].content, big);
  EXPECT_EQ(post("", R"({"language":"bash","source":")" + big).status, 400);
  const std::string too_big(2 << 20, 'x');
  EXPECT_EQ(post("", R"({"language":"bash","source":")" + too_big + R"("})").status, 413);
}

TEST_F(SubmissionsTest, IdempotencyKeyGivesTheSameSubmission) {
  start();
  const auto with_key = [&](std::string key, std::string body) {
    auto sent = post_json(kSubmissions, std::move(body));
    sent.headers.emplace_back("Idempotency-Key", std::move(key));
    return api_.call(std::move(sent));
  };
  for (int again = 0; again < 3; ++again) {
    const auto response = with_key("a", kBash);
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(json::parse(response.body).at("id"), "id-1");
  }
  EXPECT_EQ(header(with_key("a", kBash), "Location"), "/api/v1/submissions/id-1");
  const auto conflict = with_key("a", R"({"language":"bash","source":"other"})");
  EXPECT_EQ(conflict.status, 422);
  EXPECT_EQ(json::parse(conflict.body).at("error").at("code"), "idempotency_conflict");
  EXPECT_EQ(with_key(std::string(255, 'k'), kBash).status, 201);
  EXPECT_EQ(with_key(std::string(256, 'k'), kBash).status, 400);
  EXPECT_EQ(with_key("", kBash).status, 400);
  EXPECT_EQ(with_key("a\tb", kBash).status, 400);
  EXPECT_EQ(with_key("\xc3\xa9", kBash).status, 400);
}

TEST_F(SubmissionsTest, StoreAwayIs503) {
  api_.house.store.fail_with({Errc::kUnavailable, "/data/engine.db: I/O error", {}});
  const auto response = post("");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(header(response, "Retry-After"), "5");
  EXPECT_EQ(response.body.find("engine.db"), std::string::npos);
  EXPECT_EQ(api_.call(request("GET", kSubmissions + "/id-1")).status, 503);
}

TEST_F(SubmissionsTest, FullIs503WithItsReason) {
  api_.house.store.fail_with({Errc::kOverloaded, "the disk is nearly full", {}});
  const auto response = post("");
  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.body.find("the disk is nearly full"), std::string::npos);
}

TEST_F(SubmissionsTest, UnknownIdsAre404) {
  for (const auto* method : {"GET", "DELETE"}) {
    const auto response = api_.call(request(method, kSubmissions + "/none"));
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(json::parse(response.body).at("error").at("code"), "not_found");
  }
  EXPECT_EQ(api_.call(request("GET", kSubmissions + "/none/events")).status, 404);
}

TEST_F(SubmissionsTest, CancelOnceThenConflict) {
  const std::string id = api_.submit();
  const auto cancelled = api_.call(request("DELETE", kSubmissions + "/" + id));
  EXPECT_EQ(cancelled.status, 200);
  EXPECT_EQ(cancelled.body, R"({"id":"id-1","state":"cancelled"})");
  const auto again = api_.call(request("DELETE", kSubmissions + "/" + id));
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(json::parse(again.body).at("error").at("code"), "conflict");
}

TEST_F(SubmissionsTest, FinishedCannotBeCancelled) {
  start();
  ASSERT_EQ(post("?wait=true").status, 200);
  EXPECT_EQ(api_.call(request("DELETE", kSubmissions + "/id-1")).status, 409);
}

}  // namespace
}  // namespace engine::api
