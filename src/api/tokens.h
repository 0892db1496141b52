#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/submission.h"

namespace engine::api {

// The bearer tokens that are let in, each with its owner. Only hashes are kept, in the file and
// here, so neither gives a token away. A token must be long and random; then its plain SHA-256 is
// as good as a slow hash.
class Tokens {
 public:
  // One "owner:sha256-in-hex" per line; blank lines and lines that begin with '#' are skipped. An
  // owner may have several tokens. kInvalid names the line that is malformed, or says that there
  // is no token at all; kNotFound: the file cannot be read.
  static Result<Tokens> load(const std::string& path);
  static Result<Tokens> parse(std::string_view text);

  // Whose token it is. Its duration does not tell how much of a token was right.
  std::optional<OwnerId> owner_of(std::string_view token) const;

 private:
  struct Entry {
    OwnerId owner;
    std::string digest;  // Raw.
  };
  std::vector<Entry> entries_;
};

// The line of a tokens file for `token`. kInvalid: the owner is not 1 to 64 of A-Z a-z 0-9 . _ @ -,
// or the token is shorter than 16 characters.
Result<std::string> hash_token(std::string_view owner, std::string_view token);

// The token of an Authorization header; nothing where it is no bearer's.
std::optional<std::string_view> bearer_token(std::string_view authorization);

}  // namespace engine::api
