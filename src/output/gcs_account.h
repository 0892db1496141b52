#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "output/gcs_key.h"
#include "output/gcs_peer.h"

namespace engine::gcs {

// As whom we come to Google: proves it to the API with tokens, and signs links. Safe from any
// thread.
class Account {
 public:
  virtual ~Account() = default;
  virtual Result<std::string> email() = 0;
  virtual Result<std::string> token() = 0;
  virtual void drop_token(const std::string& token) = 0;
  // RSA with SHA-256, raw.
  virtual Result<std::string> sign(std::string_view bytes) = 0;
};

// By a service account's key. `peer` and `clock` outlive it, also below.
std::unique_ptr<Account> make_key_account(KeyFile file, const Peer& peer, const Clock& clock);

// The account that the machine or the pod has (workload identity), by the metadata server. It has
// no key: the IAM credentials service signs, for which the account needs the role of a token
// creator on itself.
std::unique_ptr<Account> make_machine_account(const GcsOptions& options, const Peer& peer,
                                              const Clock& clock);

}  // namespace engine::gcs
