#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/units.h"
#include "domain/object.h"
#include "domain/submission.h"

namespace engine {

// Keeps the bytes that submissions produced. Calls block; safe from any thread. Implementations:
// local (a directory).
class Output {
 public:
  struct Range {
    std::int64_t offset = 0;
    std::optional<std::int64_t> length;  // To the end, if not set.
  };

  virtual ~Output() = default;

  // Durable when it returns; all of an attempt's objects or none. A second put of the same attempt
  // replaces the first. kOverloaded: the disk is full.  kUnavailable: try again.
  virtual Status put(const SubmissionId& id, int attempt, const std::vector<Object>& objects) = 0;

  // kNotFound: there is no such object, or no longer.
  virtual Result<std::string> get(const SubmissionId& id, int attempt, std::string_view name,
                                  Range range) = 0;

  // An absolute URL that gives the object to anyone who has it, without login, until it expires.
  virtual Result<std::string> link(const SubmissionId& id, int attempt, std::string_view name,
                                   std::chrono::seconds lifetime) = 0;

  // Removes every attempt's objects. Nothing there is no error.
  virtual Status remove(const SubmissionId& id) = 0;

  // Removes every attempt's objects but one's.
  virtual Status keep_only(const SubmissionId& id, int attempt) = 0;
};

// What a local link names, once its signature and expiry were found good.
struct LinkTarget {
  SubmissionId id;
  int attempt = 0;
  std::string name;
};

// Signs and checks links to our own server. The signature covers id, attempt, name and expiry.
class LinkSigner {
 public:
  // `key` is secret; `public_url` has no slash at its end: "http://127.0.0.1:8080".
  LinkSigner(std::string key, std::string public_url, const Clock& clock);

  // "<public_url>/files/<id>/<attempt>/<name>?expires=<seconds>&signature=<hex>"
  std::string sign(const LinkTarget& target, std::chrono::seconds lifetime) const;

  // `path` is what follows "/files/", percent-decoded. kInvalid: it was changed, or never was a
  // link (403).  kNotFound: it was good once and has expired (410).
  Result<LinkTarget> check(std::string_view path, std::string_view expires,
                           std::string_view signature) const;

 private:
  std::string key_;
  std::string public_url_;
  const Clock& clock_;
};

// Reads the key from a file, or makes one there that only we may read.
Result<std::string> load_or_make_link_key(const std::string& path);

// One file per attempt below `directory`, which exists. `signer` outlives it.
std::unique_ptr<Output> make_local_output(std::string directory, const LinkSigner& signer);

}  // namespace engine
