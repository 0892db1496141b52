#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

struct sockaddr;

namespace engine::http {

// An IPv4 or IPv6 address.
struct IpAddress {
  bool is_v6 = false;
  std::array<std::uint8_t, 16> bytes{};  // In network order; IPv4 has the first four.

  bool operator==(const IpAddress&) const = default;
};
std::optional<IpAddress> parse_address(std::string_view text);  // "10.1.2.3", "fe80::1".
// Nothing for another family. `address` is as long as its family says.
std::optional<IpAddress> address_of(const sockaddr& address);

// The addresses whose first `prefix` bits are those of `base`.
struct IpRange {
  IpAddress base;
  int prefix = 0;

  bool contains(const IpAddress& address) const;
};
// "10.1.0.0/16"; without '/' it is the one address.
// kInvalid: no address, a prefix too long, or bits set behind the prefix.
Result<IpRange> parse_range(std::string_view text);

// True for an address of the public internet: one that is not set aside for private networks, the
// machine itself, tests, groups or tunnels (RFC 6890 and the IANA registries of special-purpose
// addresses). An IPv6 address with an IPv4 one inside it is not public, whatever that one is.
bool is_public(const IpAddress& address);

}  // namespace engine::http
