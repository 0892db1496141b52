// What the bucket's output promises beyond the contract: links, how objects lie, who we are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "output/output.h"
#include "output/testing/fake_gcs.h"

namespace engine {
namespace {

using std::chrono::minutes;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

// Starts a fake for each test, with the flags of the suite.
class GcsTest : public ::testing::Test {
 protected:
  explicit GcsTest(std::vector<std::string> flags = {}) : fake_(std::move(flags)) {}

  std::unique_ptr<Output> make(GcsOptions options) {
    auto output = make_gcs_output(std::move(options), clock_);
    if (!output) throw std::runtime_error(output.error().message);
    return *std::move(output);
  }
  Error make_fault(GcsOptions options) {
    const auto output = make_gcs_output(std::move(options), clock_);
    return output ? Error{} : output.error();
  }
  void put(Output& output, std::vector<Object> objects, int attempt = 1) {
    const auto status = output.put(id_, attempt, objects);
    ASSERT_TRUE(status) << status.error().message;
  }
  std::string home() const { return "some/where/" + id_.text + "/"; }
  std::string header(const http::ClientAnswer& answer, const char* name) const {
    const std::string* value = http::find_header(answer.headers, name);
    return value == nullptr ? "" : *value;
  }

  LeapClock clock_;
  FakeGcs fake_;
  const SubmissionId id_{random_uuid()};
};

class GcsOutputTest : public GcsTest {
 protected:
  std::unique_ptr<Output> output_ = make(fake_.options());
};

TEST_F(GcsOutputTest, ObjectsLieBySubmissionAttemptAndName) {
  put(*output_, {
                    {"log.txt",           "said" },
                    {"runs/0/stdout.txt", "shown"}
  });
  EXPECT_THAT(fake_.objects(),
              ElementsAre(home() + "1.json", home() + "1/log.txt", home() + "1/runs/0/stdout.txt"));
}

TEST_F(GcsOutputTest, LinksGiveTheObjectToAnyoneUntilTheyExpire) {
  put(*output_, {
                    {"runs/0/stdout.txt", "shown \xc3\xa9"}
  });
  const std::string link = *output_->link(id_, 1, "runs/0/stdout.txt", minutes{30});
  const auto answer = fake_.send({.url = link});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "shown \xc3\xa9");
  EXPECT_EQ(header(answer, "Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(header(answer, "Content-Disposition"),
            "attachment; filename=\"" + id_.text + "-1-runs-0-stdout.txt\"");

  clock_.leap_wall(-minutes{31});
  const auto late = fake_.send({.url = *output_->link(id_, 1, "runs/0/stdout.txt", minutes{30})});
  EXPECT_EQ(late.status, 400);
  EXPECT_THAT(late.body, HasSubstr("ExpiredToken"));
}

TEST_F(GcsOutputTest, AChangedLinkIsRefused) {
  put(*output_, {
                    {"a.txt", "a"},
                    {"b.txt", "b"}
  });
  const std::string link = *output_->link(id_, 1, "a.txt", minutes{30});
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = link;
    text.replace(text.find(from), from.size(), to);
    return fake_.send({.url = text}).status;
  };
  EXPECT_EQ(fake_.send({.url = link}).status, 200);
  EXPECT_EQ(changed("/a.txt", "/b.txt"), 403);
  EXPECT_EQ(changed("Expires=1800", "Expires=1801"), 403);
  EXPECT_EQ(changed("attachment", "inline"), 403);
  EXPECT_EQ(changed("Signature=", "Signature=00"), 403);
  EXPECT_EQ(fake_.send({.method = "DELETE", .url = link}).status, 403);
}

TEST_F(GcsOutputTest, ALinkLastsAsLongAsGoogleAllows) {
  const std::chrono::seconds week = std::chrono::hours{24 * 7};
  EXPECT_THAT(*output_->link(id_, 1, "a", week), HasSubstr("X-Goog-Expires=604800&"));
  const auto longer = output_->link(id_, 1, "a", week + std::chrono::seconds{1});
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code, Errc::kInvalid);
  EXPECT_THAT(*output_->link(id_, 1, "a", minutes{0}), HasSubstr("X-Goog-Expires=1&"));
}

TEST_F(GcsOutputTest, WhatAProgramLeftIsJustBytes) {
  put(*output_, {
                    {"runs/0/files/1", "<html>"}
  });
  const auto answer = fake_.send({.url = *output_->link(id_, 1, "runs/0/files/1", minutes{1})});
  EXPECT_EQ(answer.body, "<html>");
  EXPECT_EQ(header(answer, "Content-Type"), "application/octet-stream");
}

TEST_F(GcsOutputTest, TheSamePutAgainWritesNothing) {
  put(*output_, {
                    {"a.txt", "same"}
  });
  const auto before = fake_.send({.url = *output_->link(id_, 1, "a.txt", minutes{1})});
  put(*output_, {
                    {"a.txt", "same"}
  });
  const auto after = fake_.send({.url = *output_->link(id_, 1, "a.txt", minutes{1})});
  EXPECT_EQ(header(before, "X-Goog-Generation"), header(after, "X-Goog-Generation"));
}

TEST_F(GcsOutputTest, ASecondPutLeavesNothingOfTheFirst) {
  put(*output_, {
                    {"a.txt", "old"},
                    {"b.txt", "old"}
  });
  put(*output_, {
                    {"a.txt", "new"}
  });
  EXPECT_THAT(fake_.objects(), ElementsAre(home() + "1.json", home() + "1/a.txt"));
}

TEST_F(GcsOutputTest, HalfAnAttemptIsNotThere) {
  fake_.fault({
      {"match",  "POST .*1\\.json"},
      {"next",   100              },
      {"status", 503              }
  });
  EXPECT_EQ(output_
                ->put(id_, 1,
                      {
                          {"a.txt", "bytes"}
  })
                .error()
                .code,
            Errc::kUnavailable);
  EXPECT_THAT(fake_.objects(), SizeIs(1));
  EXPECT_EQ(output_->get(id_, 1, "a.txt", {}).error().code, Errc::kNotFound);
  fake_.forget_faults();
  put(*output_, {
                    {"a.txt", "bytes"}
  });
  EXPECT_EQ(*output_->get(id_, 1, "a.txt", {}), "bytes");
}

TEST_F(GcsOutputTest, WhatWasDeletedByOthersIsNotFound) {
  put(*output_, {
                    {"a.txt", "bytes"}
  });
  fake_.fault({
      {"match",  "GET .*a\\.txt"},
      {"next",   100            },
      {"status", 404            }
  });
  EXPECT_EQ(output_->get(id_, 1, "a.txt", {}).error().code, Errc::kNotFound);
}

TEST_F(GcsOutputTest, ObjectsAreKeptCompressedOnRequestAndNobodyNotices) {
  GcsOptions options = fake_.options();
  options.gzip = true;
  const auto output = make(options);
  const std::string text = "0123456789" + std::string(50'000, 'x') + "end";
  put(*output, {
                   {"a.txt", text}
  });
  EXPECT_EQ(*output->get(id_, 1, "a.txt", {}), text);
  EXPECT_EQ(*output->get(id_, 1, "a.txt", {.offset = 2, .length = 5}), "23456");
  EXPECT_EQ(*output->get(id_, 1, "a.txt", {.offset = 50'010}), "end");
  const std::string link = *output->link(id_, 1, "a.txt", minutes{1});
  EXPECT_EQ(fake_.send({.url = link}).body, text);
  const auto packed = fake_.send({.url = link, .headers = {{"Accept-Encoding", "gzip"}}});
  EXPECT_EQ(header(packed, "Content-Encoding"), "gzip");
  EXPECT_LT(packed.body.size(), 1'000U);
}

TEST_F(GcsOutputTest, NamesThatABucketCannotHaveAreInvalid) {
  EXPECT_EQ(output_
                ->put(id_, 1,
                      {
                          {"\xff", "bytes"}
  })
                .error()
                .code,
            Errc::kInvalid);
  EXPECT_EQ(output_
                ->put(id_, 1,
                      {
                          {std::string(1'024, 'a'), "bytes"}
  })
                .error()
                .code,
            Errc::kInvalid);
}

TEST_F(GcsOutputTest, OneTokenDoesForAllAndIsRenewedInTime) {
  put(*output_, {
                    {"a", "1"},
                    {"b", "2"}
  });
  EXPECT_THAT(fake_.requests("POST /token"), SizeIs(1));
  clock_.leap_steady(minutes{59});
  EXPECT_TRUE(output_->get(id_, 1, "a", {}));
  EXPECT_THAT(fake_.requests("POST /token"), SizeIs(2));
}

TEST_F(GcsOutputTest, ATokenThatIsNoLongerTakenIsReplaced) {
  fake_.revoke_tokens();
  put(*output_, {
                    {"a", "1"}
  });
  EXPECT_EQ(*output_->get(id_, 1, "a", {}), "1");
}

TEST_F(GcsOutputTest, AWrongBucketIsSaidAtTheStart) {
  GcsOptions options = fake_.options();
  options.bucket = "nowhere";
  const Error fault = make_fault(options);
  EXPECT_EQ(fault.code, Errc::kUnavailable);
  EXPECT_EQ(fault.message, "there is no bucket 'nowhere'");
  options.check = false;
  const auto output = make(options);
  EXPECT_EQ(output
                ->put(id_, 1,
                      {
                          {"a", "1"}
  })
                .error()
                .message,
            "there is no bucket 'nowhere'");
  const auto bytes = output->get(id_, 1, "a", {});
  EXPECT_EQ(bytes.error().code, Errc::kUnavailable);
  EXPECT_EQ(output->remove(id_).error().code, Errc::kUnavailable);
}

TEST_F(GcsOutputTest, ABucketThatRefusesUsIsSaidAtTheStart) {
  fake_.fault({
      {"match",  "GET /storage/v1/b/outputs/o"                                               },
      {"next",   1                                                                           },
      {"status", 403                                                                         },
      {"body",   R"({"error":{"code":403,"message":"x does not have storage.objects.list"}})"}
  });
  const Error refused = make_fault(fake_.options());
  EXPECT_EQ(refused.code, Errc::kUnavailable);
  EXPECT_THAT(refused.message,
              AllOf(HasSubstr("'outputs'"), HasSubstr("403"), HasSubstr("storage.objects.list")));

  fake_.fault({
      {"match",  "testPermissions"                                                     },
      {"next",   1                                                                     },
      {"status", 200                                                                   },
      {"body",   R"({"permissions":["storage.objects.create","storage.objects.list"]})"}
  });
  EXPECT_THAT(make_fault(fake_.options()).message,
              AllOf(HasSubstr("storage.objects.get"), HasSubstr(FakeGcs::kEmail)));
}

TEST_F(GcsOutputTest, AnAccountThatGoogleDoesNotKnowIsSaidAtTheStart) {
  fake_.fault({
      {"match",  "POST /token"                                                              },
      {"next",   1                                                                          },
      {"status", 400                                                                        },
      {"body",   R"({"error":"invalid_grant","error_description":"Invalid JWT Signature."})"}
  });
  const Error fault = make_fault(fake_.options());
  EXPECT_EQ(fault.code, Errc::kUnavailable);
  EXPECT_THAT(fault.message,
              AllOf(HasSubstr(FakeGcs::kEmail), HasSubstr("Invalid JWT Signature.")));
}

TEST_F(GcsOutputTest, WrongOptionsAreInvalid) {
  GcsOptions options = fake_.options();
  options.bucket = "";
  EXPECT_EQ(make_fault(options).code, Errc::kInvalid);
  options = fake_.options();
  options.prefix = "a//b";
  EXPECT_EQ(make_fault(options).code, Errc::kInvalid);
  options = fake_.options();
  options.piece = 300_KiB;
  EXPECT_EQ(make_fault(options).code, Errc::kInvalid);
  options = fake_.options();
  options.credentials_file = "";
  options.emulator_host = fake_.host();
  EXPECT_EQ(make_fault(options).code, Errc::kInvalid);
}

class GcsEmulatorTest : public GcsTest {
 protected:
  GcsEmulatorTest() : GcsTest({"--open"}) {}
};

TEST_F(GcsEmulatorTest, TakesTheHostWithAndWithoutSchemeAndNoToken) {
  for (const std::string& host : {fake_.host(), fake_.url(), fake_.url() + "/"}) {
    GcsOptions options = fake_.options();
    options.storage_url = "https://storage.invalid";
    options.emulator_host = host;
    const auto output = make(options);
    put(*output, {
                     {"a.txt", "bytes"}
    });
    EXPECT_EQ(*output->get(id_, 1, "a.txt", {}), "bytes");
    const std::string link = *output->link(id_, 1, "a.txt", minutes{1});
    EXPECT_THAT(link, StartsWith(fake_.url() + "/outputs/some/where/"));
    EXPECT_EQ(fake_.send({.url = link}).body, "bytes");
    ASSERT_TRUE(output->remove(id_));
  }
  EXPECT_THAT(fake_.requests("POST /token"), IsEmpty());
}

class GcsMachineTest : public GcsTest {
 protected:
  GcsMachineTest() : GcsTest({"--machine", FakeGcs::kEmail}) {}
  GcsOptions options() const {
    GcsOptions options = fake_.options();
    options.credentials_file = "";
    return options;
  }
};

TEST_F(GcsMachineTest, TheMachinesAccountWritesAndTheSigningServiceSigns) {
  const auto output = make(options());
  put(*output, {
                   {"a.txt", "bytes"}
  });
  EXPECT_EQ(*output->get(id_, 1, "a.txt", {}), "bytes");
  const std::string link = *output->link(id_, 1, "a.txt", minutes{1});
  EXPECT_THAT(link, HasSubstr("X-Goog-Credential=engine%40project-x"));
  EXPECT_EQ(fake_.send({.url = link}).body, "bytes");
}

TEST_F(GcsMachineTest, ASigningServiceThatRefusesUsIsSaidAtTheStart) {
  fake_.fault({
      {"match",  "signBlob"                                                                   },
      {"next",   1                                                                            },
      {"status", 403                                                                          },
      {"body",   R"({"error":{"message":"Permission 'iam.serviceAccounts.signBlob' denied"}})"}
  });
  EXPECT_THAT(make_fault(options()).message,
              AllOf(HasSubstr(FakeGcs::kEmail), HasSubstr("iam.serviceAccounts.signBlob")));
}

TEST_F(GcsMachineTest, AnswersThatMakeNoSenseAreRefused) {
  const auto output = make(options());
  for (const char* body : {"", "[]", "{}", R"({"signedBlob":"*"})", R"({"signedBlob":""})"}) {
    fake_.fault({
        {"match",  "signBlob"},
        {"next",   1         },
        {"status", 200       },
        {"body",   body      }
    });
    EXPECT_EQ(output->link(id_, 1, "a.txt", minutes{1}).error().code, Errc::kUnavailable) << body;
  }
}

TEST_F(GcsMachineTest, WhatIsNoMetadataServerOfGooglesIsNotBelieved) {
  fake_.fault({
      {"match",  "computeMetadata"                          },
      {"next",   1                                          },
      {"status", 200                                        },
      {"body",   R"({"access_token":"t","expires_in":3600})"}
  });
  EXPECT_THAT(make_fault(options()).message, HasSubstr("none of Google's"));
}

TEST_F(GcsMachineTest, AMachineOfNobodysIsSaidAtTheStart) {
  GcsOptions elsewhere = options();
  elsewhere.metadata_host = "127.0.0.1:1";
  const Error fault = make_fault(elsewhere);
  EXPECT_EQ(fault.code, Errc::kUnavailable);
  EXPECT_THAT(fault.message, HasSubstr("there is no credentials file"));
}

}  // namespace
}  // namespace engine
