#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/guard.h"
#include "api/testing/api_house.h"

namespace engine::api {
namespace {

namespace json = boost::json;
using testing::ApiHouse;
using ::testing::HasSubstr;
using testing::header;
using testing::kBash;
using testing::post_json;
using testing::request;

TEST(Routes, UnknownPathsAndMethods) {
  ApiHouse api;
  const auto nowhere = api.call(request("GET", "/nowhere"));
  EXPECT_EQ(nowhere.status, 404);
  EXPECT_EQ(json::parse(nowhere.body).at("error").at("code"), "not_found");
  const auto put = api.call(request("PUT", "/api/v1/submissions/x"));
  EXPECT_EQ(put.status, 405);
  EXPECT_EQ(header(put, "Allow"), "GET, HEAD, DELETE");
  const auto upload = api.call(request("GET", "/api/v1/submission"));
  EXPECT_EQ(upload.status, 405);
  EXPECT_TRUE(json::parse(upload.body).as_object().contains("message"));
  EXPECT_EQ(header(upload, "Allow"), "POST");
}

TEST(Routes, EveryRequestIsCounted) {
  ApiHouse api;
  api.call(request("GET", "/api/v1/submissions/one"));
  api.call(request("GET", "/api/v1/submissions/two"));
  api.call(request("GET", "/nowhere"));
  const auto metrics = api.call(request("GET", "/metrics"));
  EXPECT_EQ(metrics.status, 200);
  EXPECT_EQ(metrics.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(metrics.body, HasSubstr("route=\"/api/v1/submissions/{}\""));
  EXPECT_THAT(metrics.body, HasSubstr("route=\"unmatched\""));
  EXPECT_EQ(metrics.body.find("/one"), std::string::npos);
}

TEST(Routes, LanguagesAreListed) {
  ApiHouse api;
  const auto response = api.call(request("GET", "/api/v1/languages"));
  EXPECT_EQ(response.status, 200);
  const json::array languages = json::parse(response.body).at("languages").as_array();
  ASSERT_EQ(languages.size(), 3U);
  EXPECT_EQ(languages[0], json::parse(R"({"id":"bash","title":"","available":true,"version":"1",
      "problem":null,"aliases":["sh"],"extensions":["sh"],"defaultOptions":[],
      "allowedOptions":[]})"));
  EXPECT_EQ(languages[1].at("available"), false);
  EXPECT_EQ(languages[1].at("problem"), "install the package golang-go");
  EXPECT_TRUE(languages[1].at("version").is_null());
}

TEST(Routes, HealthAndReadiness) {
  ApiHouse api;
  EXPECT_EQ(api.call(request("GET", "/healthz")).body, R"({"status":"ok"})");
  const auto ready = api.call(request("GET", "/readyz"));
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(ready.body, R"({"status":"ready","problems":[]})");
  api.house.store.fail_with({Errc::kUnavailable, "the disk is nearly full", {}});
  const auto unready = api.call(request("GET", "/readyz"));
  EXPECT_EQ(unready.status, 503);
  EXPECT_EQ(unready.body, R"({"status":"unready","problems":["the disk is nearly full"]})");
  EXPECT_EQ(header(unready, "Retry-After"), "5");
}

class Links : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(api_.engine->start());
    id_ = api_.submit();
    api_.finish(id_);
  }
  // The target of a good link, without scheme and host.
  std::string link(const std::string& name = "log.txt") {
    const LinkTarget target{SubmissionId{id_}, 1, name};
    return api_.signer.sign(target, std::chrono::seconds{1'800}).substr(21);
  }
  http::Response get(const std::string& target) { return api_.call(request("GET", target)); }

  ApiHouse api_;
  std::string id_;
};

TEST_F(Links, LeadToTextThatNoBrowserRuns) {
  const auto response = get(link());
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hello\n");
  EXPECT_EQ(response.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(header(response, "Content-Disposition"), "attachment; filename=\"id-1-1-log.txt\"");
  EXPECT_EQ(header(response, "Content-Security-Policy"), "default-src 'none'; sandbox");
  EXPECT_EQ(header(response, "Cache-Control"), "private, no-store");
}

TEST_F(Links, LeadToDeclaredFilesAsBytes) {
  const Object picture{"runs/0/files/0", "<script>"};
  ASSERT_TRUE(api_.house.output.put(SubmissionId{id_}, 1, {picture}));
  const auto response = get(link("runs/0/files/0"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/octet-stream");
  EXPECT_EQ(header(response, "Content-Disposition"),
            "attachment; filename=\"id-1-1-runs-0-files-0\"");
}

TEST_F(Links, ChangedIs403) {
  const std::string good = link();
  std::string other_name = good;
  other_name.replace(other_name.find("log.txt"), 7, "log.tx");
  std::string other_expiry = good;
  ++other_expiry[other_expiry.find("expires=") + 8];
  const std::string bare = good.substr(0, good.find('?'));
  for (const std::string& changed : {other_name, other_expiry, good + "0", good + "&x=1",
                                     good + "&expires=1", bare, std::string("/files/")}) {
    const auto response = get(changed);
    EXPECT_EQ(response.status, 403) << changed;
    EXPECT_EQ(json::parse(response.body).at("error").at("code"), "forbidden");
  }
}

TEST_F(Links, ExpiredIs410) {
  const std::string good = link();
  api_.house.clock.advance(std::chrono::seconds{1'799});
  EXPECT_EQ(get(good).status, 200);
  api_.house.clock.advance(std::chrono::seconds{1});
  const auto response = get(good);
  EXPECT_EQ(response.status, 410);
  EXPECT_EQ(json::parse(response.body).at("error").at("code"), "gone");
}

constexpr std::string_view kAnns = "ann-0123456789abcdef";
constexpr std::string_view kBobs = "bob-0123456789abcdef";

class WithTokens : public ::testing::Test {
 protected:
  WithTokens() {
    api_.options.tokens = &tokens_;
    api_.make_handler();
  }
  http::Response call(http::Request request, std::string_view token) {
    request.headers.emplace_back("Authorization", "Bearer " + std::string(token));
    return api_.call(std::move(request));
  }

  Tokens tokens_ =
      *Tokens::parse(*hash_token("ann", kAnns) + "\n" + *hash_token("bob", kBobs) + "\n");
  ApiHouse api_;
};

TEST_F(WithTokens, AreAskedForWhereTheyAreNeeded) {
  const std::pair<const char*, const char*> closed[] = {
      {"POST",   "/api/v1/submission"          },
      {"POST",   "/api/v1/submission/url"      },
      {"GET",    "/api/v1/submission/url"      },
      {"POST",   "/api/v1/submissions"         },
      {"GET",    "/api/v1/submissions/x"       },
      {"DELETE", "/api/v1/submissions/x"       },
      {"GET",    "/api/v1/submissions/x/events"},
      {"GET",    "/api/v1/languages"           },
      {"GET",    "/metrics"                    },
  };
  for (const auto& [method, path] : closed) {
    const auto none = api_.call(request(method, path));
    EXPECT_EQ(none.status, 401) << path;
    EXPECT_EQ(header(none, "WWW-Authenticate"), "Bearer");
    const auto wrong = call(request(method, path), "ann-0123456789abcdeX");
    EXPECT_EQ(wrong.status, 401) << path;
    EXPECT_EQ(header(wrong, "WWW-Authenticate"), "Bearer error=\"invalid_token\"");
    EXPECT_NE(call(request(method, path), kAnns).status, 401) << path;
  }
  for (const auto* path : {"/healthz", "/readyz", "/files/x"}) {
    EXPECT_NE(api_.call(request("GET", path)).status, 401) << path;
  }
}

TEST_F(WithTokens, UploadsSayItInTheirWords) {
  const auto response = api_.call(request("POST", "/api/v1/submission"));
  EXPECT_TRUE(json::parse(response.body).as_object().contains("message"));
}

TEST_F(WithTokens, AStrangersSubmissionIsUnknown) {
  ASSERT_EQ(call(post_json("/api/v1/submissions", kBash), kAnns).status, 201);
  const std::string id = "/api/v1/submissions/id-1";
  EXPECT_EQ(call(request("GET", id), kBobs).status, 404);
  EXPECT_EQ(call(request("GET", id + "/events"), kBobs).status, 404);
  EXPECT_EQ(call(request("DELETE", id), kBobs).status, 404);
  EXPECT_EQ(call(request("GET", "/api/v1/submission/url?id=id-1"), kBobs).status, 404);
  EXPECT_EQ(call(request("GET", id), kAnns).status, 200);
  EXPECT_EQ(call(request("DELETE", id), kAnns).status, 200);
}

TEST_F(WithTokens, IdempotencyKeysBelongToTheirOwner) {
  auto sent = post_json("/api/v1/submissions", kBash);
  sent.headers.emplace_back("Idempotency-Key", "k");
  EXPECT_EQ(call(sent, kAnns).body, R"({"id":"id-1","state":"queued"})");
  EXPECT_EQ(call(sent, kBobs).body, R"({"id":"id-2","state":"queued"})");
}

struct Sender {
  std::string name;
  std::string host;
  std::string origin;  // Empty: none is sent.
  bool want_taken;
};

class Guard : public ::testing::TestWithParam<Sender> {};

TEST_P(Guard, TakesOnlyWhatIsMeantForThisMachine) {
  auto sent = request("GET", "/healthz");
  if (!GetParam().host.empty()) sent.headers.emplace_back("Host", GetParam().host);
  if (!GetParam().origin.empty()) sent.headers.emplace_back("Origin", GetParam().origin);
  EXPECT_EQ(!foreign_request(sent, "https://judge.example.org:8443"), GetParam().want_taken);
}

// clang-format off: one row a case, unaligned.
const Sender kSenders[] = {
    {"localhost", "localhost:8080", "", true},
    {"without_port", "localhost", "", true},
    {"capitals", "LocalHost:80", "", true},
    {"v4", "127.0.0.1:8080", "", true},
    {"v6", "[::1]:8080", "", true},
    {"v6_without_port", "[::1]", "", true},
    {"public_url", "judge.example.org", "", true},
    {"own_page", "localhost:8080", "http://localhost:8080", true},
    {"page_of_public_url", "localhost:8080", "https://judge.example.org:8443", true},
    {"no_host", "", "", false},
    {"rebound_name", "evil.example.com:8080", "", false},
    {"prefix", "localhost.evil.example.com", "", false},
    {"suffix", "evil-localhost", "", false},
    {"user", "localhost@evil.example.com", "", false},
    {"bad_port", "localhost:80x", "", false},
    {"long_port", "localhost:808080", "", false},
    {"foreign_page", "localhost:8080", "https://evil.example.com", false},
    {"sandboxed_page", "localhost:8080", "null", false},
    {"file_page", "localhost:8080", "file://localhost", false},
    {"page_with_user", "localhost:8080", "http://localhost@evil.example.com", false},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Senders, Guard, ::testing::ValuesIn(kSenders),
                         [](const auto& test) { return test.param.name; });

TEST(LoopbackOnly, ForeignRequestsAre403) {
  ApiOptions options;
  options.loopback_only = true;
  ApiHouse api(options);
  auto foreign = post_json("/api/v1/submissions", kBash);
  foreign.headers.emplace_back("Host", "127.0.0.1:8080");
  foreign.headers.emplace_back("Origin", "https://evil.example.com");
  const auto response = api.call(foreign);
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(json::parse(response.body).at("error").at("code"), "forbidden");
  foreign.headers.pop_back();
  EXPECT_EQ(api.call(foreign).status, 201);
}

TEST(Refusal, IsAnErrorOfBothApis) {
  const auto response = refusal(413, "the body is too large");
  EXPECT_EQ(response.status, 413);
  const json::value body = json::parse(response.body);
  EXPECT_EQ(body.at("message"), "the body is too large");
  EXPECT_EQ(body.at("error").at("code"), "too_large");
  EXPECT_EQ(header(response, "Retry-After"), "");
  EXPECT_EQ(header(refusal(503, "too many connections"), "Retry-After"), "5");
}

}  // namespace
}  // namespace engine::api
