// How a bucket is named, and how a credentials file is read.
#include <fstream>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/test_directory.h"
#include "output/gcs_key.h"
#include "output/output.h"
#include "output/testing/fake_gcs.h"

namespace engine::gcs {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace json = boost::json;

TEST(GcsPlace, IsReadFromItsUrl) {
  const struct {
    const char* url;
    const char* bucket;
    const char* prefix;
  } cases[] = {
      {"gs://bucket",                 "bucket",              ""              },
      {"gs://bucket/",                "bucket",              ""              },
      {"gs://my-bucket_1.example/a",  "my-bucket_1.example", "a"             },
      {"gs://bucket/a/b c/\xc3\xa9/", "bucket",              "a/b c/\xc3\xa9"},
  };
  for (const auto& test : cases) {
    const auto place = parse_gcs_url(test.url);
    ASSERT_TRUE(place) << place.error().message;
    EXPECT_EQ(place->bucket, test.bucket);
    EXPECT_EQ(place->prefix, test.prefix);
  }
}

TEST(GcsPlace, WhatIsNoSuchUrlIsRefusedWithASentence) {
  for (const std::string& url :
       {std::string(), std::string("bucket"), std::string("s3://bucket"), std::string("gs:/bucket"),
        std::string("gs://"), std::string("gs:///a"), std::string("gs://ab"),
        std::string("gs://Bucket"), std::string("gs://-bucket"), std::string("gs://buck et"),
        std::string("gs://bucket?x"), std::string("gs://bucket//a"),
        std::string("gs://bucket/a//b"), std::string("gs://bucket/../a"),
        std::string("gs://bucket/a/."), std::string("gs://bucket/a\nb"),
        std::string("gs://bucket/\xff"), "gs://bucket/" + std::string(600, 'a'),
        "gs://" + std::string(300, 'a')}) {
    const auto place = parse_gcs_url(url);
    ASSERT_FALSE(place) << url;
    EXPECT_EQ(place.error().code, Errc::kInvalid);
    EXPECT_FALSE(place.error().message.empty());
  }
}

class KeyFiles : public ::testing::Test {
 protected:
  json::object account() const {
    return {
        {"type",           "service_account"            },
        {"client_email",   "a@b.iam.gserviceaccount.com"},
        {"private_key_id", "key-1"                      },
        {"private_key",    test_rsa_key()               },
        {"token_uri",      "https://token.example/t"    }
    };
  }
  Result<KeyFile> load(const std::string& text, const std::string& name = "key.json") const {
    const std::string path = directory_.path() + "/" + name;
    std::ofstream(path) << text;
    return load_key_file(path);
  }
  Result<KeyFile> load(const json::object& object) const { return load(json::serialize(object)); }
  std::string refusal(const Result<KeyFile>& loaded) const {
    if (loaded) return "it was loaded";
    EXPECT_EQ(loaded.error().code, Errc::kInvalid);
    return loaded.error().message;
  }

  TestDirectory directory_;
};

TEST_F(KeyFiles, OfAServiceAccountGiveWhoItIs) {
  const auto loaded = load(account());
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->email, "a@b.iam.gserviceaccount.com");
  EXPECT_EQ(loaded->key_id, "key-1");
  EXPECT_EQ(loaded->token_url, "https://token.example/t");
  EXPECT_EQ(loaded->bucket, "");
  EXPECT_EQ(loaded->key.sign("bytes")->size(), 256U);
}

TEST_F(KeyFiles, InFirebasesFormGiveTheBucketToo) {
  json::object beside = account();
  beside["storageBucket"] = "gs://project-x.appspot.com";
  beside["uploadDestination"] = "/submissions/";
  beside["databaseURL"] = "https://project-x.firebaseio.com";
  const json::object around{
      {"serviceAccount",    account()                         },
      {"storageBucket",     "project-x.appspot.com"           },
      {"uploadDestination", "submissions"                     },
      {"databaseURL",       "https://project-x.firebaseio.com"}
  };
  for (const json::object& file : {beside, around}) {
    const auto loaded = load(file);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->email, "a@b.iam.gserviceaccount.com");
    EXPECT_EQ(loaded->bucket, "project-x.appspot.com");
    EXPECT_EQ(loaded->prefix, "submissions");
  }
}

TEST_F(KeyFiles, GoogleIsAskedForTokensUnlessTheFileSaysWhom) {
  json::object file = account();
  file.erase("token_uri");
  EXPECT_EQ(load(file)->token_url, "https://oauth2.googleapis.com/token");
}

TEST_F(KeyFiles, WhatIsWrongInOneIsSaidByFileAndMember) {
  const std::string path = directory_.path() + "/key.json";
  for (const char* member : {"client_email", "private_key"}) {
    json::object missing = account();
    missing.erase(member);
    EXPECT_THAT(refusal(load(missing)), AllOf(HasSubstr(path), HasSubstr(member)));
    json::object wrong = account();
    wrong[member] = 7;
    EXPECT_THAT(refusal(load(wrong)), AllOf(HasSubstr(path), HasSubstr(member)));
  }
  json::object file = account();
  file["private_key"] = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
  EXPECT_THAT(refusal(load(file)), AllOf(HasSubstr(path), HasSubstr("private_key")));
  file = account();
  file["type"] = "authorized_user";
  EXPECT_THAT(refusal(load(file)), AllOf(HasSubstr(path), HasSubstr("authorized_user")));
}

TEST_F(KeyFiles, WhatIsNoneIsRefused) {
  EXPECT_THAT(refusal(load("")), HasSubstr("JSON"));
  EXPECT_THAT(refusal(load("[]")), HasSubstr("JSON"));
  EXPECT_THAT(refusal(load("{\"type\": ")), HasSubstr("JSON"));
  EXPECT_THAT(refusal(load("{}")), HasSubstr("private_key"));
  EXPECT_THAT(refusal(load(std::string(2 << 20, ' '))), HasSubstr("too large"));
  EXPECT_THAT(refusal(load_key_file(directory_.path() + "/none.json")),
              HasSubstr("cannot be read"));
  EXPECT_THAT(refusal(load_key_file(directory_.path())), HasSubstr("cannot be read"));
}

TEST_F(KeyFiles, AProgramIsAnsweredWithHowToConvertIt) {
  EXPECT_THAT(refusal(load("module.exports = {}", "key.js")), HasSubstr("JSON.stringify"));
}

}  // namespace
}  // namespace engine::gcs
