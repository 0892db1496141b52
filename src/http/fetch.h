#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace engine::http {

// Fetches a file from an address that a stranger named, without becoming his way into our network:
// every address that is connected to, at the first hop and after redirects, is checked at the
// moment of connecting, so a name that changes its address in between gains nothing.
struct FetchOptions {
  std::vector<std::string> allow;  // Ranges that are allowed though not public: "10.1.0.0/16".
  std::vector<std::string> hosts;  // Answers in place of DNS, checked alike: "name:port:address".
  Bytes size = 1_MiB;
  Milliseconds patience{10'000};  // For all of it, redirects and slow bodies included.
  int redirects = 3;
};

struct FetchedFile {
  // The last part of the final URL's path, percent-decoded. May be empty or anything at all.
  std::string name;
  std::string content;
};

class GuardedClient {
 public:
  virtual ~GuardedClient() = default;
  // Blocks up to the patience; from any thread. kInvalid: scheme, host or address refused.
  // kTooLarge.  kPeerFailed: not reached, too slow, not 200, too many redirects, compressed.
  virtual Result<FetchedFile> fetch(const std::string& url) const = 0;
};
// kInvalid: an entry of `allow` is no address range.
Result<std::unique_ptr<GuardedClient>> make_guarded_client(FetchOptions options);

}  // namespace engine::http
