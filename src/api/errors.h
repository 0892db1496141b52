#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/http.h"

namespace engine::api {

// The two shapes of an error: {"error":{"code","message","field"}}, and {"message"} for the
// submission upload API.
enum class Wording { kFull, kUpload };
Wording wording_of(std::string_view path);

// An answer with this status and sentence. `field` is the member at fault, or empty.
http::Response refuse(Wording wording, int status, std::string_view message,
                      std::string_view field = {});

// The answer to an engine's error, by what the client can do about it. What only the operator can
// mend is logged, and told in general terms. 503 carries Retry-After.
http::Response refuse(Wording wording, const Error& error, std::chrono::seconds retry_after);

// The code of an error with this status, as in "error":{"code":"not_found"}.
std::string_view error_word(int status);

// A JSON answer. Never cached, never guessed to be of another type.
http::Response json_response(int status, std::string body);

}  // namespace engine::api
