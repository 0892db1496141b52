// A bucket that is slow, away, cut off in the middle, or answers nonsense.
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "output/output.h"
#include "output/testing/fake_gcs.h"

namespace engine {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

class GcsFaults : public ::testing::Test {
 protected:
  GcsOptions options() {
    GcsOptions options = fake_.options();
    options.piece = 256_KiB;
    options.sleep = [this](Milliseconds time) {
      const std::lock_guard lock(mutex_);
      pauses_.push_back(time);
    };
    options.on_retry = [this](std::string_view cause) {
      const std::lock_guard lock(mutex_);
      retried_.emplace_back(cause);
    };
    return options;
  }
  std::unique_ptr<Output> make(GcsOptions options) {
    auto output = make_gcs_output(std::move(options), clock_);
    if (!output) throw std::runtime_error(output.error().message);
    return *std::move(output);
  }
  Status put(std::string bytes) {
    return output_->put(id_, 1,
                        {
                            {"a.txt", std::move(bytes)}
    });
  }
  Result<std::string> get() { return output_->get(id_, 1, "a.txt", {}); }
  void expect_kept(const std::string& bytes) {
    fake_.forget_faults();
    const auto kept = get();
    ASSERT_TRUE(kept) << kept.error().message;
    EXPECT_TRUE(*kept == bytes);
  }

  // Bytes of a large object, no two pieces of it alike.
  static std::string large() {
    std::string bytes;
    for (int i = 0; bytes.size() < (1 << 20) + 77; ++i)
      bytes += std::to_string(i) + " ";
    return bytes;
  }

  LeapClock clock_;
  const FakeGcs fake_;
  std::mutex mutex_;
  std::vector<Milliseconds> pauses_;
  std::vector<std::string> retried_;
  const SubmissionId id_{random_uuid()};
  std::unique_ptr<Output> output_ = make(options());
};

TEST_F(GcsFaults, AStartIsMorePatientThanAPut) {
  fake_.fault({
      {"match",  "GET /storage/"},
      {"next",   6              },
      {"status", 503            }
  });
  auto impatient = options();
  impatient.attempts = 1;
  const auto output = make_gcs_output(impatient, clock_);
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_THAT(pauses_, SizeIs(6));
}

TEST_F(GcsFaults, WhatMayPassIsTriedAgainWithGrowingPauses) {
  for (const int status : {408, 429, 500, 503}) {
    fake_.fault({
        {"match",  "POST /upload/.*a\\.txt"},
        {"next",   1                       },
        {"status", status                  }
    });
  }
  ASSERT_TRUE(put("bytes"));
  EXPECT_THAT(retried_, ElementsAre("408", "429", "5xx", "5xx"));
  ASSERT_THAT(pauses_, SizeIs(4));
  Milliseconds most{250};
  for (const Milliseconds pause : pauses_) {
    EXPECT_THAT(pause, AllOf(Ge(most / 2), Le(most)));
    most *= 2;
  }
  expect_kept("bytes");
}

TEST_F(GcsFaults, WhatStaysWrongEndsAfterTheAttempts) {
  fake_.fault({
      {"match",  "POST /upload"},
      {"next",   1'000         },
      {"status", 503           }
  });
  const auto status = put("bytes");
  EXPECT_EQ(status.error().code, Errc::kUnavailable);
  EXPECT_THAT(status.error().message, HasSubstr("503"));
  EXPECT_THAT(fake_.requests("POST /upload"), SizeIs(6));
  EXPECT_THAT(fake_.objects(), IsEmpty());
}

TEST_F(GcsFaults, WhatIsRefusedIsNotTriedAgain) {
  fake_.fault({
      {"match",  "POST /upload"                                            },
      {"next",   1'000                                                     },
      {"status", 403                                                       },
      {"body",   R"({"error":{"message":"storage.objects.create denied"}})"}
  });
  EXPECT_THAT(put("bytes").error().message, HasSubstr("storage.objects.create denied"));
  EXPECT_THAT(fake_.requests("POST /upload"), SizeIs(1));
  EXPECT_THAT(pauses_, IsEmpty());
}

TEST_F(GcsFaults, AnAnswerThatIsLostAfterTheWriteIsNoSecondWrite) {
  fake_.fault({
      {"match",      "POST /upload"},
      {"next",       1             },
      {"cut_answer", true          }
  });
  ASSERT_TRUE(put("bytes"));
  EXPECT_THAT(fake_.requests("POST /upload/storage/v1/b/outputs/o?uploadType=media"), SizeIs(3));
  expect_kept("bytes");
}

TEST_F(GcsFaults, ACutUploadIsSentAgain) {
  fake_.fault({
      {"match",      "POST /upload"},
      {"next",       2             },
      {"cut_upload", 3             }
  });
  ASSERT_TRUE(put("many bytes"));
  expect_kept("many bytes");
}

TEST_F(GcsFaults, LargeObjectsGoInPieces) {
  const std::string bytes = large();
  ASSERT_TRUE(put(bytes));
  EXPECT_THAT(fake_.requests("PUT /upload"), SizeIs(5));
  expect_kept(bytes);
}

TEST_F(GcsFaults, ACutPieceGoesOnFromWhereTheServiceIs) {
  GcsOptions large_pieces = options();
  large_pieces.piece = 768_KiB;
  output_ = make(large_pieces);
  fake_.fault({
      {"match",      "PUT /upload"},
      {"next",       1            },
      {"cut_upload", 600'000      }
  });
  const std::string bytes = large();
  ASSERT_TRUE(put(bytes));
  // The cut one, the question, and the rest from 512 KiB on in one piece.
  EXPECT_THAT(fake_.requests("PUT /upload"), SizeIs(3));
  expect_kept(bytes);
}

TEST_F(GcsFaults, ALostAnswerToTheLastPieceIsAskedFor) {
  fake_.fault({
      {"match",      "PUT /upload"},
      {"next",       5            },
      {"cut_answer", true         },
  });
  const std::string bytes = large();
  ASSERT_TRUE(put(bytes));
  expect_kept(bytes);
}

TEST_F(GcsFaults, AnUploadWhoseSessionEndedBeginsAnew) {
  fake_.fault({
      {"match",  "PUT /upload"},
      {"next",   1            },
      {"status", 410          }
  });
  const std::string bytes = large();
  ASSERT_TRUE(put(bytes));
  EXPECT_THAT(fake_.requests("uploadType=resumable&name=some%2Fwhere"), SizeIs(Ge(2U)));
  expect_kept(bytes);
}

TEST_F(GcsFaults, AnUploadWithoutProgressEnds) {
  fake_.fault({
      {"match",  "PUT /upload"},
      {"next",   1'000        },
      {"status", 308          }
  });
  EXPECT_EQ(put(large()).error().code, Errc::kUnavailable);
}

TEST_F(GcsFaults, RangesThatCannotBeAreRefused) {
  for (const char* range : {"bytes=0-99999999", "bytes=5-10", "bytes=0-", "bytes=0--1", "x",
                            "bytes=0-99999999999999999999999"}) {
    fake_.fault({
        {"match",   "PUT /upload"     },
        {"next",    1                 },
        {"status",  308               },
        {"headers", {{"Range", range}}}
    });
    EXPECT_EQ(put(large()).error().code, Errc::kUnavailable) << range;
  }
}

TEST_F(GcsFaults, ASessionElsewhereThanOverHttpIsNotFollowed) {
  fake_.fault({
      {"match",   "uploadType=resumable"              },
      {"next",    1                                   },
      {"status",  200                                 },
      {"headers", {{"Location", "file:///etc/passwd"}}}
  });
  EXPECT_FALSE(put(large()));
}

TEST_F(GcsFaults, ACutDownloadIsReadAgain) {
  ASSERT_TRUE(put("many bytes"));
  fake_.fault({
      {"match",        "alt=media"},
      {"next",         3          },
      {"cut_download", 4          }
  });
  expect_kept("many bytes");
}

TEST_F(GcsFaults, AnotherLengthOrOtherBytesAreNotTaken) {
  ASSERT_TRUE(put("many bytes"));
  for (const char* body : {"many bytes and more", "many", "", "MANY BYTES"}) {
    fake_.fault({
        {"match",  "generation="},
        {"next",   1'000        },
        {"status", 200          },
        {"body",   body         }
    });
    EXPECT_EQ(get().error().code, Errc::kUnavailable) << body;
    fake_.forget_faults();
  }
  expect_kept("many bytes");
}

TEST_F(GcsFaults, OneDamagedDownloadIsReadAgain) {
  ASSERT_TRUE(put("many bytes"));
  fake_.fault({
      {"match",  "generation="},
      {"next",   1            },
      {"status", 200          },
      {"body",   "MANY BYTES" }
  });
  EXPECT_EQ(*get(), "many bytes");
}

TEST_F(GcsFaults, AnswersThatMakeNoSenseAreUnavailable) {
  ASSERT_TRUE(put("bytes"));
  for (const char* body : {"", "<html>", "[]", "null", R"({"generation":"x","size":"5"})",
                           R"({"generation":"1"})", R"({"generation":{},"size":[]})"}) {
    for (const char* match : {"POST /upload", "GET /storage/v1/b/outputs/o\\?", "alt=media"}) {
      fake_.fault({
          {"match",  match},
          {"next",   1'000},
          {"status", 200  },
          {"body",   body }
      });
    }
    EXPECT_EQ(put("others").error().code, Errc::kUnavailable) << body;
    EXPECT_EQ(get().error().code, Errc::kUnavailable) << body;
    fake_.forget_faults();
  }
}

TEST_F(GcsFaults, AnAnswerOfAnySizeIsNotTaken) {
  ASSERT_TRUE(put("bytes"));
  fake_.fault({
      {"match", "alt=media"},
      {"next", 1'000},
      {"status", 200},
      {"body", std::string(20 << 20, ' ')}
  });
  EXPECT_FALSE(get());
  EXPECT_FALSE(output_->get(id_, 2, "a.txt", {}));
}

TEST_F(GcsFaults, AListingOfOthersObjectsRemovesNothingOfTheirs) {
  ASSERT_TRUE(put("bytes"));
  fake_.fault({
      {"match",  "GET /storage/v1/b/outputs/o\\?"                                    },
      {"next",   1                                                                   },
      {"status", 200                                                                 },
      {"body",   R"({"items":[{"name":"some/where/else"},{"name":7},5,{"name":""}]})"}
  });
  EXPECT_TRUE(output_->remove(id_));
  EXPECT_THAT(fake_.requests("DELETE /storage"), IsEmpty());
  expect_kept("bytes");
}

TEST_F(GcsFaults, AListingWithoutAnEndEnds) {
  fake_.fault({
      {"match",  "GET /storage/v1/b/outputs/o\\?"},
      {"next",   100'000                         },
      {"status", 200                             },
      {"body",   R"({"nextPageToken":"again"})"  }
  });
  EXPECT_EQ(output_->remove(id_).error().code, Errc::kUnavailable);
}

TEST_F(GcsFaults, APeerWithoutAnAnswerIsGivenUp) {
  GcsOptions impatient = options();
  impatient.patience = Milliseconds{100};
  impatient.attempts = 2;
  impatient.check = false;
  output_ = make(impatient);
  fake_.fault({
      {"next",     1'000 },
      {"delay_ms", 20'000}
  });
  EXPECT_EQ(get().error().code, Errc::kUnavailable);
}

TEST_F(GcsFaults, EveryTenthRequestFailingIsNotNoticed) {
  fake_.fault({
      {"share",  0.1},
      {"status", 503}
  });
  for (int i = 0; i < 20; ++i) {
    const SubmissionId id{random_uuid()};
    ASSERT_TRUE(output_->put(id, 1,
                             {
                                 {"a", "1"},
                                 {"b", "2"}
    }));
    EXPECT_EQ(*output_->get(id, 1, "b", {}), "2");
    ASSERT_TRUE(output_->remove(id));
  }
  EXPECT_THAT(fake_.objects(), IsEmpty());
  EXPECT_THAT(pauses_, Each(Le(Milliseconds{8'000})));
}

}  // namespace
}  // namespace engine
