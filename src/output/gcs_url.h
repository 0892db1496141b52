#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace engine::gcs {

using Query = std::vector<std::pair<std::string, std::string>>;  // Not yet encoded.

// "a=1&b=2", in the given order, percent-encoded.
std::string query_text(const Query& query);

// What a V4 signed URL for GET is made of.
struct SignedGet {
  std::string_view base_url;  // "https://storage.googleapis.com", without a slash at its end.
  std::string_view bucket;
  std::string_view object;
  std::string_view email;  // Whose key signs.
  WallTime from;
  std::chrono::seconds lifetime;
  Query query;  // "response-content-disposition" and the like.
};

using Sign = std::function<Result<std::string>(std::string_view bytes)>;

// The signed URL; the algorithm is GOOG4-RSA-SHA256. Errors are those of `sign`.
Result<std::string> signed_url(const SignedGet& get, const Sign& sign);

}  // namespace engine::gcs
