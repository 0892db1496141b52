#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/client.h"
#include "output/gcs_account.h"
#include "output/gcs_content.h"
#include "output/gcs_peer.h"
#include "output/gcs_url.h"
#include "output/output.h"

namespace engine::gcs {

// What the bucket knows of one object.
struct Stored {
  std::string generation;  // Which of the contents that its name has had.
  std::string size;
  Checksums checksums;
  bool was_there = false;  // It was found when it was to be written.
};

struct Content {
  std::string_view bytes;  // As they are stored.
  std::string_view type;
  bool is_gzip = false;
};

// A part of an object's stored bytes.
struct Part {
  std::int64_t offset = 0;
  std::int64_t size = 0;
  std::int64_t whole = 0;  // The size of the object.
  bool is_gzip = false;    // Then it is read whole, and as it is stored.
};

// The objects of one bucket by the JSON API. Blocks; safe from any thread. Everywhere:
// kUnavailable: no such bucket, it refuses us, it is away, or its answer makes no sense.
class Bucket {
 public:
  // `account` is null where no token is wanted. All outlive it.
  Bucket(std::string base_url, const GcsOptions& options, const Peer& peer, Account* account);

  const std::string& base_url() const { return base_url_; }

  // Makes the object, or replaces it unless it holds just that.
  Result<Stored> write(const std::string& name, const Content& content) const;
  // kNotFound: there is no object of that name and generation; without one: of that name.
  Result<std::string> read(const std::string& name, const std::string& generation,
                           const Part& part) const;
  Result<std::string> read_all(const std::string& name, Bytes limit) const;
  Result<Stored> look(const std::string& name) const;
  // The names of all objects that begin so.
  Result<std::vector<std::string>> list(const std::string& prefix) const;
  Status remove(const std::string& name) const;  // What is not there is no error.

  // Proves that the bucket is there and lets us do what we need.
  Status check(const std::string& prefix) const;

 private:
  Result<http::ClientAnswer> call(http::ClientRequest request) const;
  Result<http::ClientAnswer> upload(const std::string& name, const Content& content,
                                    const std::string& generation) const;
  Result<http::ClientAnswer> upload_in_pieces(const std::string& url, const Content& content) const;
  Status check_permissions() const;
  Result<Stored> stored(const http::ClientAnswer& answer) const;
  Error refused(const http::ClientAnswer& answer) const;
  std::string object_url(const std::string& name, const Query& query) const;
  std::string bucket_url() const;
  std::string quoted() const;

  const std::string base_url_;
  const GcsOptions& options_;
  const Peer& peer_;
  Account* const account_;
};

}  // namespace engine::gcs
