#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"

namespace engine::api {

// The URL of one of the submission's objects; empty where there is no server to serve it.
using LinkTo = std::function<Result<std::string>(std::string_view object)>;

// The submission object of the API, for GET, `wait`, the result event and `run --json`. Its members
// are the same in every state; what is not known yet is null. Fails only as `link_to` fails.
Result<std::string> submission_json(const Record& record, const LinkTo& link_to);

// "2024-05-01T12:00:00.000Z"
std::string iso8601(WallTime time);

}  // namespace engine::api
