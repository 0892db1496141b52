#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/types.h>

#include "base/result.h"

namespace engine::gcs {

// An RSA private key. May be used from many threads.
class PrivateKey {
 public:
  // kInvalid: no private RSA key in PEM.
  static Result<PrivateKey> from_pem(const std::string& pem);
  // RSASSA-PKCS1-v1_5 with SHA-256, raw. kInternal: OpenSSL refuses.
  Result<std::string> sign(std::string_view bytes) const;

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const;
  };
  std::unique_ptr<EVP_PKEY, Free> key_;
};

// What a credentials file gives.
struct KeyFile {
  std::string email;
  std::string key_id;
  std::string token_url;
  PrivateKey key;
  std::string bucket;  // These two only from a file in the form of Firebase.
  std::string prefix;
};

// Reads a service account's key, or an object around it or beside it that also has `storageBucket`
// and `uploadDestination`. kInvalid: one sentence with the file and the member that is at fault.
Result<KeyFile> load_key_file(const std::string& path);

}  // namespace engine::gcs
