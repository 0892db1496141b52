#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/engine.h"

namespace engine::api {

// Reads the body of POST /api/v1/submissions. Strict: kInvalid names a member that is unknown, of
// the wrong type, missing, or in contradiction to another. What a member may hold (languages,
// names, limits, counts) is the engine's to judge.
Result<SubmissionRequest> parse_submission(std::string_view body);

// The body of POST /api/v1/submission/url: "url", and optionally what the upload has as fields.
struct UrlRequest {
  std::string url;
  std::string language;
  std::string input;
};
Result<UrlRequest> parse_url_request(std::string_view body);

}  // namespace engine::api
