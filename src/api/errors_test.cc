#include "api/errors.h"

#include <gtest/gtest.h>

#include "api/testing/api_house.h"

namespace engine::api {
namespace {

using testing::header;

constexpr std::chrono::seconds kRetryAfter{7};

struct Case {
  Errc code;
  int want_status;
  std::string want_word;
};

TEST(Refuse, EveryErrorHasItsStatusAndWord) {
  const Case cases[] = {
      {Errc::kInvalid,     400, "invalid_request"},
      {Errc::kNotFound,    404, "not_found"      },
      {Errc::kConflict,    409, "conflict"       },
      {Errc::kTooLarge,    413, "too_large"      },
      {Errc::kInternal,    500, "internal_error" },
      {Errc::kPeerFailed,  502, "fetch_failed"   },
      {Errc::kOverloaded,  503, "unavailable"    },
      {Errc::kUnavailable, 503, "unavailable"    },
  };
  for (const Case& test : cases) {
    const auto response = refuse(Wording::kFull, Error{test.code, "m", "f"}, kRetryAfter);
    EXPECT_EQ(response.status, test.want_status);
    EXPECT_NE(response.body.find("\"code\":\"" + test.want_word + "\""), std::string::npos);
  }
}

TEST(Refuse, WordsAreThoseOfTheApi) {
  EXPECT_EQ(refuse(Wording::kFull, 400, "args must be an array", "args").body,
            R"({"error":{"code":"invalid_request","message":"args must be an array",)"
            R"("field":"args"}})");
  EXPECT_EQ(refuse(Wording::kFull, 405, "no").body,
            R"({"error":{"code":"method_not_allowed","message":"no","field":null}})");
  EXPECT_EQ(refuse(Wording::kUpload, 400, "say \"x\"\n", "url").body,
            R"({"message":"say \"x\"\n"})");
}

TEST(Refuse, A503SaysWhenToComeBack) {
  const auto full = refuse(Wording::kUpload, Error{Errc::kOverloaded, "full", {}}, kRetryAfter);
  EXPECT_EQ(header(full, "Retry-After"), "7");
  const auto wrong = refuse(Wording::kUpload, Error{Errc::kInvalid, "wrong", {}}, kRetryAfter);
  EXPECT_EQ(header(wrong, "Retry-After"), "");
}

TEST(Refuse, TheHostsTroublesStayInTheLog) {
  for (const Errc code : {Errc::kInternal, Errc::kUnavailable}) {
    const Error error{code, "cannot open /var/lib/secret", {}};
    const auto response = refuse(Wording::kFull, error, kRetryAfter);
    EXPECT_EQ(response.body.find("secret"), std::string::npos);
  }
}

TEST(WordingOf, TheUploadRoutesSpeakTheirOwn) {
  EXPECT_EQ(wording_of("/api/v1/submission"), Wording::kUpload);
  EXPECT_EQ(wording_of("/api/v1/submission/url"), Wording::kUpload);
  EXPECT_EQ(wording_of("/api/v1/submissions"), Wording::kFull);
  EXPECT_EQ(wording_of("/api/v1/submissions/x"), Wording::kFull);
  EXPECT_EQ(wording_of("/"), Wording::kFull);
}

}  // namespace
}  // namespace engine::api
