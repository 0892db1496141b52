// The contract of Output, once, for every implementation of it.
#include "output/output.h"

#include <filesystem>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/testing/test_directory.h"
#include "output/testing/fake_gcs.h"

namespace engine {
namespace {

using namespace std::string_literals;

const LinkSigner& test_signer() {
  static const LinkSigner signer("a key of this test", "http://127.0.0.1:8080", system_clock());
  return signer;
}

struct Backend {
  std::string name;
  std::function<std::unique_ptr<Output>(const std::string& scratch)> make;
};

class OutputContract : public ::testing::TestWithParam<Backend> {
 protected:
  std::string get(int attempt, std::string_view name, Output::Range range = {}) {
    const auto bytes = output_->get(id_, attempt, name, range);
    EXPECT_TRUE(bytes) << bytes.error().message;
    return bytes ? *bytes : "";
  }
  Errc get_fault(const SubmissionId& id, int attempt, std::string_view name,
                 Output::Range range = {}) {
    const auto bytes = output_->get(id, attempt, name, range);
    return bytes ? Errc{-1} : bytes.error().code;
  }

  TestDirectory directory_;
  const SubmissionId id_{random_uuid()};
  std::unique_ptr<Output> output_ = GetParam().make(directory_.path());
};

TEST_P(OutputContract, GivesBackEveryByteOfEveryObject) {
  std::string all_bytes;
  for (int i = 0; i < 100'000; ++i)
    all_bytes += static_cast<char>(i * 31 + i / 256);
  ASSERT_TRUE(output_->put(id_, 1,
                           {
                               {"log.txt",           all_bytes        },
                               {"runs/0/stdout.txt", ""               },
                               {"runs/0/files/1",    "zero \0 inside"s}
  }));
  EXPECT_EQ(get(1, "log.txt"), all_bytes);
  EXPECT_EQ(get(1, "runs/0/stdout.txt"), "");
  EXPECT_EQ(get(1, "runs/0/files/1"), "zero \0 inside"s);
}

TEST_P(OutputContract, GivesRanges) {
  ASSERT_TRUE(output_->put(id_, 1,
                           {
                               {"before", "xxxxx"     },
                               {"object", "0123456789"},
                               {"after",  "yyyyy"     }
  }));
  EXPECT_EQ(get(1, "object", {.offset = 3, .length = 4}), "3456");
  EXPECT_EQ(get(1, "object", {.offset = 7}), "789");
  EXPECT_EQ(get(1, "object", {.offset = 7, .length = 1'000}), "789");
  EXPECT_EQ(get(1, "object", {.offset = 0, .length = 0}), "");
  EXPECT_EQ(get(1, "object", {.offset = 10}), "");
  EXPECT_EQ(get(1, "object", {.offset = 11, .length = 1}), "");
  EXPECT_EQ(get_fault(id_, 1, "object", {.offset = -1}), Errc::kInvalid);
  EXPECT_EQ(get_fault(id_, 1, "object", {.offset = 0, .length = -1}), Errc::kInvalid);
}

TEST_P(OutputContract, WhatIsNotThereIsNotFound) {
  ASSERT_TRUE(output_->put(id_, 1,
                           {
                               {"object", "bytes"}
  }));
  EXPECT_EQ(get_fault(id_, 1, "objec"), Errc::kNotFound);
  EXPECT_EQ(get_fault(id_, 1, "object2"), Errc::kNotFound);
  EXPECT_EQ(get_fault(id_, 1, ""), Errc::kNotFound);
  EXPECT_EQ(get_fault(id_, 2, "object"), Errc::kNotFound);
  EXPECT_EQ(get_fault({random_uuid()}, 1, "object"), Errc::kNotFound);
}

TEST_P(OutputContract, ASecondPutReplacesTheWholeAttempt) {
  ASSERT_TRUE(output_->put(id_, 1,
                           {
                               {"a", "old"},
                               {"b", "old"}
  }));
  ASSERT_TRUE(output_->put(id_, 1,
                           {
                               {"a", "new"}
  }));
  EXPECT_EQ(get(1, "a"), "new");
  EXPECT_EQ(get_fault(id_, 1, "b"), Errc::kNotFound);
}

// A later attempt may have become the one that counts since somebody looked.
TEST_P(OutputContract, AttemptsAreApartAndEarlierOnesAreSwept) {
  for (const int attempt : {1, 2, 11}) {
    ASSERT_TRUE(output_->put(id_, attempt,
                             {
                                 {"a", std::to_string(attempt)}
    }));
  }
  EXPECT_EQ(get(1, "a"), "1");
  EXPECT_EQ(get(11, "a"), "11");
  ASSERT_TRUE(output_->remove_earlier(id_, 2));
  EXPECT_EQ(get_fault(id_, 1, "a"), Errc::kNotFound);
  EXPECT_EQ(get(2, "a"), "2");
  EXPECT_EQ(get(11, "a"), "11");
  ASSERT_TRUE(output_->remove_earlier(id_, 11));
  EXPECT_EQ(get_fault(id_, 2, "a"), Errc::kNotFound);
  EXPECT_EQ(get(11, "a"), "11");
}

TEST_P(OutputContract, RemovesAllOfOneSubmissionOnly) {
  const SubmissionId neighbour{random_uuid()};
  for (const auto& id : {id_, neighbour}) {
    for (const int attempt : {1, 2})
      ASSERT_TRUE(output_->put(id, attempt,
                               {
                                   {"a", "bytes"}
      }));
  }
  ASSERT_TRUE(output_->remove(id_));
  EXPECT_EQ(get_fault(id_, 1, "a"), Errc::kNotFound);
  EXPECT_EQ(get_fault(id_, 2, "a"), Errc::kNotFound);
  EXPECT_NE(get_fault(neighbour, 2, "a"), Errc::kNotFound);
  EXPECT_TRUE(output_->remove(id_));
  EXPECT_TRUE(output_->remove_earlier(id_, 1));
}

TEST_P(OutputContract, RefusesIdsAndNamesThatAreNoSuch) {
  const std::vector<Object> objects{
      {"a", "bytes"}
  };
  for (const char* id :
       {"", "..", "../../etc/passwd", "0123456789abcdef0123456789abcdef0123",
        "/23e4567-e89b-42d3-a456-426614174000", "123E4567-e89b-42d3-a456-426614174000"}) {
    EXPECT_EQ(output_->put({id}, 1, objects).error().code, Errc::kInvalid) << id;
    EXPECT_EQ(get_fault({id}, 1, "a"), Errc::kNotFound) << id;
    EXPECT_TRUE(output_->remove({id})) << id;
  }
  EXPECT_EQ(output_->put(id_, 0, objects).error().code, Errc::kInvalid);
  EXPECT_EQ(output_
                ->put(id_, 1,
                      {
                          {"", "bytes"}
  })
                .error()
                .code,
            Errc::kInvalid);
  EXPECT_EQ(output_
                ->put(id_, 1,
                      {
                          {"a", "1"},
                          {"a", "2"}
  })
                .error()
                .code,
            Errc::kInvalid);
}

TEST_P(OutputContract, SurvivesARestart) {
  ASSERT_TRUE(output_->put(id_, 3,
                           {
                               {"a", "bytes"}
  }));
  output_.reset();
  output_ = GetParam().make(directory_.path());
  EXPECT_EQ(get(3, "a"), "bytes");
}

TEST_P(OutputContract, AReaderSeesOnePutOrTheOther) {
  const std::string ones(50'000, '1');
  const std::string twos(50'000, '2');
  ASSERT_TRUE(output_->put(id_, 1,
                           {
                               {"a", ones}
  }));
  std::jthread writer([&] {
    for (int i = 0; i < 20; ++i)
      EXPECT_TRUE(output_->put(id_, 1,
                               {
                                   {"a", i % 2 == 0 ? twos : ones}
      }));
  });
  for (int i = 0; i < 50; ++i) {
    const std::string seen = get(1, "a");
    ASSERT_TRUE(seen == ones || seen == twos);
  }
}

TEST_P(OutputContract, LinksAreAbsolute) {
  const auto link = output_->link(id_, 1, "log.txt", std::chrono::minutes{30});
  ASSERT_TRUE(link);
  EXPECT_TRUE(link->starts_with("http")) << *link;
  EXPECT_NE(link->find(id_.text), std::string::npos);
}

std::unique_ptr<Output> make_local(const std::string& scratch) {
  return *make_local_output(scratch, test_signer());
}

// One server for all tests; each has a prefix of its own.
std::unique_ptr<Output> make_gcs(const std::string& scratch, bool gzip) {
  static const FakeGcs fake({"--page-size", "2"});
  GcsOptions options = fake.options();
  options.prefix = std::filesystem::path(scratch).filename();
  options.gzip = gzip;
  options.attempts = 100;  // Of a reader, while an attempt is replaced again and again.
  options.sleep = nullptr;
  options.first_pause = options.longest_pause = Milliseconds{4};
  auto output = make_gcs_output(std::move(options), system_clock());
  if (!output) throw std::runtime_error(output.error().message);
  return *std::move(output);
}

INSTANTIATE_TEST_SUITE_P(
    Outputs, OutputContract,
    ::testing::Values(
        Backend{"local", make_local},
        Backend{"gcs", [](const std::string& scratch) { return make_gcs(scratch, false); }},
        Backend{"gcs_gzip", [](const std::string& scratch) { return make_gcs(scratch, true); }}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace engine
