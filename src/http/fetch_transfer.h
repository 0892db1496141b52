#pragma once

#include <string>

#include "base/result.h"
#include "base/units.h"
#include "http/address_guard.h"
#include "http/fetch.h"
#include "http/fetch_url.h"

namespace engine::http {

// What one request to one URL came to.
struct FetchReply {
  int status = 0;
  std::string location;  // Where a redirect leads, as sent.
  std::string content;   // Of a 200; the body of any other answer is not read.

  bool is_redirect() const;
};

// One GET within `patience`, without following redirects. Errors as GuardedClient::fetch.
Result<FetchReply> transfer(const FetchUrl& url, const AddressGuard& guard,
                            const FetchOptions& options, Milliseconds patience);

}  // namespace engine::http
