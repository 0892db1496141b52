#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/ip_range.h"

namespace engine::http {

// Decides which addresses a stranger may have us connect to: public ones that are not this host's
// own, and those that the operator allows by range.
class AddressGuard {
 public:
  using Addresses = std::function<std::vector<IpAddress>()>;

  // `own` is asked anew each time: addresses come and go.
  AddressGuard(std::vector<IpRange> allow, Addresses own);

  bool permits(const IpAddress& address) const;

 private:
  std::vector<IpRange> allow_;
  Addresses own_;
};

// kInvalid: one of `ranges` is none.
Result<std::vector<IpRange>> parse_ranges(const std::vector<std::string>& ranges);

// Of all interfaces of this host. Throws std::system_error when they cannot be read.
std::vector<IpAddress> own_addresses();

}  // namespace engine::http
