#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/testing/api_house.h"
#include "api/upload_form.h"

namespace engine::api {
namespace {

namespace json = boost::json;
using testing::ApiHouse;
using testing::FormField;
using ::testing::HasSubstr;
using testing::header;
using testing::post_form;
using testing::post_json;
using testing::request;

constexpr const char* kUrl = "/api/v1/submission/url";

FormField source(std::string content = "echo hello\n", std::string name = "a.sh") {
  return {"sourceCode", std::move(name), std::move(content)};
}

class UploadTest : public ::testing::Test {
 protected:
  Submission stored(const std::string& id) { return *api_.house.store.load(SubmissionId{id}); }
  void start() { ASSERT_TRUE(api_.engine->start()); }

  ApiHouse api_;
};

TEST_F(UploadTest, AnswersExactlyAsTheOriginalSystem) {
  const auto response = api_.call(post_form({source()}));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, R"({"message":"File uploaded and pushed to queue successfully",)"
                           R"("id":"id-1","fileName":"a.sh"})");
  EXPECT_EQ(stored("id-1").language, "bash");
  EXPECT_EQ(stored("id-1").files[0], (SourceFile{"main.sh", "echo hello\n"}));
}

TEST_F(UploadTest, TakesLanguageAndStdin) {
  const FormField language{"language", std::nullopt, "bash"};
  EXPECT_EQ(api_.call(post_form({
                          language, source("x", "a.txt"), {"stdin", std::nullopt, "7"}
  }))
                .status,
            200);
  EXPECT_EQ(stored("id-1").tests[0].input, "7");
  EXPECT_EQ(api_.call(post_form({
                          source(), {"stdin", "in.txt", "8\n"}
  }))
                .status,
            200);
  EXPECT_EQ(stored("id-2").tests[0].input, "8\n");
}

TEST_F(UploadTest, ABigFormIsReadOnThePool) {
  const std::string big(100'000, 'x');
  EXPECT_EQ(api_.call(post_form({
                          source(), {"stdin", std::nullopt, big}
  }))
                .status,
            200);
  EXPECT_EQ(stored("id-1").tests[0].input, big);
}

TEST_F(UploadTest, PassesOverOtherTextFields) {
  EXPECT_EQ(api_.call(post_form({
                          {"userId", std::nullopt, "1"},
                          source()
  }))
                .status,
            200);
}

struct RefusedForm {
  std::string name;
  std::vector<FormField> fields;
  int want_status;
  std::string want_message;  // A part of it.
};

class UploadRefuses : public UploadTest, public ::testing::WithParamInterface<RefusedForm> {};

TEST_P(UploadRefuses, WithOneSentence) {
  const auto response = api_.call(post_form(GetParam().fields));
  EXPECT_EQ(response.status, GetParam().want_status);
  const json::object body = json::parse(response.body).as_object();
  EXPECT_EQ(body.size(), 1U);
  EXPECT_THAT(std::string(body.at("message").as_string()), HasSubstr(GetParam().want_message));
}

// clang-format off: one row a case, unaligned.
const RefusedForm kRefusedForms[] = {
    {"nothing", {{"other", std::nullopt, "x"}}, 400, "sourceCode is missing"},
    {"text_field", {{"sourceCode", std::nullopt, "x"}}, 400, "sourceCode must be a file"},
    {"twice", {source(), source()}, 400, "sourceCode stands twice"},
    {"other_file", {source(), {"image", "a.png", "x"}}, 400, "'image' is no file"},
    {"no_file_name", {source("x", "")}, 400, "sourceCode"},
    {"traversal", {source("x", "../a.sh")}, 400, "sourceCode has a bad file name"},
    {"absolute", {source("x", "/etc/a.sh")}, 400, "sourceCode has a bad file name"},
    {"directory", {source("x", "b/a.sh")}, 400, "directory"},
    {"backslash", {source("x", "b\\a.sh")}, 400, "sourceCode has a bad file name"},
    {"invalid_utf8", {source("x", "\xff.sh")}, 400, "sourceCode has a bad file name"},
    {"long_name", {source("x", std::string(300, 'a') + ".sh")}, 400, "sourceCode"},
    {"unknown_extension", {source("x", "a.zig")}, 400, "unknown extension '.zig'"},
    {"no_extension", {source("x", "Makefile")}, 400, "without an extension"},
    {"unavailable_language", {source("x", "a.go")}, 400, "golang-go"},
    {"unknown_language", {source(), {"language", std::nullopt, "zig"}}, 400, "language is 'zig'"},
    {"language_file", {source(), {"language", "l.txt", "bash"}}, 400, "language must be"},
    {"empty", {source("")}, 400, "sourceCode is empty"},
    {"too_large", {source(std::string((1 << 20) + 1, 'x'))}, 413, "sourceCode passes"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Forms, UploadRefuses, ::testing::ValuesIn(kRefusedForms),
                         [](const auto& test) { return test.param.name; });

TEST_F(UploadTest, RefusesOtherTypesAndBrokenForms) {
  const auto json_body = api_.call(post_json("/api/v1/submission", "{}"));
  EXPECT_EQ(json_body.status, 415);
  EXPECT_THAT(json_body.body, HasSubstr("multipart/form-data"));
  EXPECT_EQ(api_.call(request("POST", "/api/v1/submission")).status, 415);
  const auto no_boundary =
      api_.call(request("POST", "/api/v1/submission", "multipart/form-data", "x"));
  EXPECT_EQ(no_boundary.status, 400);
  EXPECT_THAT(no_boundary.body, HasSubstr("boundary"));
}

TEST_F(UploadTest, KeepsItsIdempotencyWithAnotherBoundary) {
  start();
  auto first = post_form({source()});
  first.headers.emplace_back("Idempotency-Key", "k");
  auto again = post_form({source()});
  again.headers.emplace_back("Idempotency-Key", "k");
  again.headers[0].second = "multipart/form-data; boundary=brim";
  for (std::size_t at; (at = again.body.find("edge")) != std::string::npos;)
    again.body.replace(at, 4, "brim");
  EXPECT_EQ(api_.call(first).body, api_.call(again).body);
  auto other = post_form({source("echo other")});
  other.headers.emplace_back("Idempotency-Key", "k");
  EXPECT_EQ(api_.call(other).status, 422);
}

TEST_F(UploadTest, FetchesAnAddress) {
  const auto response = api_.call(post_json(kUrl, R"({"url":"https://example.org/a.sh"})"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"message":"File uploaded and pushed to queue successfully",)"
                           R"("id":"id-1","fileName":"a.sh"})");
  EXPECT_EQ(stored("id-1").files[0].content, "echo hello\n");
}

TEST_F(UploadTest, AnAddressMayBringItsLanguageAndStdin) {
  const auto response = api_.call(
      post_json(kUrl, R"({"url":"https://example.org/a.sh","language":"java","stdin":"7"})"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(stored("id-1").language, "java");
  EXPECT_EQ(stored("id-1").tests[0].input, "7");
}

TEST_F(UploadTest, RefusesAddressesWithAMessage) {
  const auto failed = api_.call(post_json(kUrl, R"({"url":"https://example.org/away"})"));
  EXPECT_EQ(failed.status, 502);
  EXPECT_EQ(failed.body, R"({"message":"not there"})");
  EXPECT_EQ(api_.call(post_json(kUrl, "{}")).body, R"({"message":"url is missing"})");
  EXPECT_EQ(api_.call(post_json(kUrl, "{")).status, 400);
  EXPECT_EQ(api_.call(request("POST", kUrl, "text/plain", "{}")).status, 415);
  auto bad_key = post_json(kUrl, R"({"url":"https://example.org/a.sh"})");
  bad_key.headers.emplace_back("Idempotency-Key", "");
  EXPECT_EQ(api_.call(bad_key).status, 400);
}

TEST_F(UploadTest, SlowOriginsHoldUpNobodyElse) {
  engine::testing::Gate origin;
  api_.house.fetcher.gate = &origin;
  api_.options.most_fetches = 3;
  api_.make_handler();
  int answered = 0;
  for (int i = 0; i < 3; ++i) {  // One more than there are threads to fetch with.
    boost::asio::co_spawn(api_.io,
                          api_.handler(post_json(kUrl, R"({"url":"https://example.org/a.sh"})")),
                          [&](const std::exception_ptr&, const http::Response& response) {
                            EXPECT_EQ(response.status, 200);
                            if (++answered == 3) api_.io.stop();
                          });
  }
  EXPECT_EQ(api_.call(request("GET", "/readyz")).status, 200);
  const auto one_too_many = api_.call(post_json(kUrl, R"({"url":"https://example.org/a.sh"})"));
  EXPECT_EQ(one_too_many.status, 503);
  EXPECT_EQ(one_too_many.body, R"({"message":"too many files are being fetched"})");
  EXPECT_EQ(answered, 0);
  origin.open();
  api_.run_until_stopped();
  EXPECT_EQ(answered, 3);
}

TEST_F(UploadTest, ResultIsALinkOnceFinished) {
  api_.call(post_form({source()}));
  const auto early = api_.call(request("GET", "/api/v1/submission/url?id=id-1"));
  EXPECT_EQ(early.status, 202);
  EXPECT_EQ(early.body,
            R"({"message":"Code is not executed yet","codeId":"id-1","state":"queued"})");
  start();
  api_.finish("id-1");
  const auto done = api_.call(request("GET", "/api/v1/submission/url?id=id-1"));
  EXPECT_EQ(done.status, 200);
  const json::value body = json::parse(done.body);
  EXPECT_EQ(body.at("message"), "Executed URL fetched successfully");
  EXPECT_EQ(body.at("codeId"), "id-1");
  EXPECT_EQ(body.at("executedUrl"), "http://host/files/id-1/1/log.txt?lifetime=1800");
  EXPECT_EQ(body.at("verdict"), "accepted");
}

TEST_F(UploadTest, ResultOfACancelledOneWillNotCome) {
  api_.call(post_form({source()}));
  ASSERT_EQ(api_.call(request("DELETE", "/api/v1/submissions/id-1")).status, 200);
  const auto response = api_.call(request("GET", "/api/v1/submission/url?id=id-1"));
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(json::parse(response.body).at("state"), "cancelled");
}

TEST_F(UploadTest, ResultOfAnUnknownId) {
  const auto unknown = api_.call(request("GET", "/api/v1/submission/url?id=none"));
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.body, R"({"message":"there is no such submission"})");
  EXPECT_EQ(api_.call(request("GET", kUrl)).status, 400);
  EXPECT_EQ(api_.call(request("GET", std::string(kUrl) + "?id=")).status, 400);
}

TEST_F(UploadTest, StoreAwayIs503WithRetryAfter) {
  api_.house.store.fail_with({Errc::kUnavailable, "the disk is away", {}});
  const auto response = api_.call(post_form({source()}));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(header(response, "Retry-After"), "5");
}

}  // namespace
}  // namespace engine::api
