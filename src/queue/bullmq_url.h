#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "queue/redis_address.h"

namespace engine::bullmq {

// A queue and the Redis that holds it; the form is that of BullmqOptions::url.
struct Url {
  redis::Address address;
  std::string queue = "submissions";
  std::string prefix = "bull";
};

// kInvalid, with a message that never contains the password.
Result<Url> parse_url(std::string_view text);

}  // namespace engine::bullmq
