#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/http.h"

namespace engine::api {

// Why a server without a login must not trust this request: it names a host that is not this
// machine (a name rebound to us), or comes from a web page of another origin. Nothing: it may pass.
// Loopback names and `public_url`'s host are ours, with any port.
std::optional<std::string> foreign_request(const http::Request& request,
                                           std::string_view public_url);

}  // namespace engine::api
