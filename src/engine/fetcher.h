#pragma once

#include <string>

#include "base/result.h"

namespace engine {

// Fetches a source file from an address that a stranger named.
class Fetcher {
 public:
  struct File {
    std::string name;  // The last part of the final address's path; may be empty.
    std::string content;
  };
  virtual ~Fetcher() = default;

  // kInvalid: a scheme, host or address that is refused.  kTooLarge.  kPeerFailed: the origin
  // could not be reached, was too slow, or did not answer 200.
  virtual Result<File> fetch(const std::string& url) = 0;
};

}  // namespace engine
