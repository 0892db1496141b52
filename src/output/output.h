#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
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
// local (a directory), gcs (a bucket of Google Cloud Storage).
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

  // Removes the objects of the attempts before this one. Later ones stay: theirs may just have
  // become what counts.
  virtual Status remove_earlier(const SubmissionId& id, int attempt) = 0;
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

// One file per attempt below `directory`, which exists. `signer` outlives it. kUnavailable: nothing
// can be written there.
Result<std::unique_ptr<Output>> make_local_output(std::string directory, const LinkSigner& signer);

// A bucket, and what stands before the names of our objects in it: no slash at its ends, or empty.
struct GcsPlace {
  std::string bucket;
  std::string prefix;
};

// Reads "gs://bucket/prefix". kInvalid, with a sentence: it is no such URL.
Result<GcsPlace> parse_gcs_url(std::string_view url);

inline constexpr std::chrono::seconds kLongestGcsLink{7 * 24 *
                                                      3600};  // Google refuses longer ones.

struct GcsOptions {
  // Empty: as the credentials file says, in the form that Firebase applications keep.
  std::string bucket;
  std::string prefix;
  // A service account's key, JSON. Empty: the account of the machine, from its metadata server.
  std::string credentials_file;
  // "127.0.0.1:9199", with "http://" or without: requests and links go there instead, and requests
  // without a token. Links are still signed with the key.
  std::string emulator_host;
  bool is_proxy_allowed = false;  // Obeys HTTPS_PROXY, NO_PROXY and so on; an emulator's never.
  bool gzip = false;  // Objects from 1 KiB on are kept compressed; readers do not notice.
  bool check = true;  // make_gcs_output() proves that it can work in the bucket.

  Milliseconds connect_patience{5'000};
  Milliseconds patience{60'000};  // For one request, a piece of a large upload included.
  int attempts = 6;               // Of one request that fails in a way that may pass.
  Milliseconds first_pause{
      250};  // Before the second attempt, at most; then twice as long each time,
  Milliseconds longest_pause{8'000};  // up to this.
  int uploads = 4;                    // Of one put at the same time.
  Bytes object = 256_MiB;             // Larger ones are neither kept nor read: kTooLarge.
  Bytes piece = 8_MiB;                // Larger objects go in pieces; a multiple of 256 KiB.

  // Where Google's services are.
  std::string storage_url = "https://storage.googleapis.com";
  std::string signing_url = "https://iamcredentials.googleapis.com";
  std::string metadata_host = "metadata.google.internal";  // $GCE_METADATA_HOST.

  std::function<void(Milliseconds)> sleep;  // Empty: the calling thread sleeps.
  // Told of each request that is made once more, and why: "408", "429", "5xx", "connection". Must
  // be quick; on any thread.
  std::function<void(std::string_view cause)> on_retry = [](std::string_view) {};
};

// One object of the bucket for each output, "<prefix>/<id>/<attempt>/<name>", and one that lists an
// attempt's outputs, "<prefix>/<id>/<attempt>.json", written last: without it nothing is there.
// Links are V4 signed URLs to the bucket itself; a lifetime above kLongestGcsLink is kInvalid.
// kInvalid: an option or the credentials are wrong.  kUnavailable: there is no such bucket, it
// refuses us, or it cannot be reached. The message is one sentence that names which. `clock`
// outlives it.
Result<std::unique_ptr<Output>> make_gcs_output(GcsOptions options, const Clock& clock);

}  // namespace engine
