#include "http/ip_range.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace engine::http {
namespace {

constexpr std::string_view kNotPublic[] = {
    "0.0.0.0/8",        // This host.
    "10.0.0.0/8",       // Private.
    "100.64.0.0/10",    // Shared by carriers' customers.
    "127.0.0.0/8",      // Loopback.
    "169.254.0.0/16",   // Link-local; clouds serve their secrets there.
    "172.16.0.0/12",    // Private.
    "192.0.0.0/24",     // Protocol assignments.
    "192.0.2.0/24",     // Documentation.
    "192.88.99.0/24",   // 6to4 relays.
    "192.168.0.0/16",   // Private.
    "198.18.0.0/15",    // Benchmarks.
    "198.51.100.0/24",  // Documentation.
    "203.0.113.0/24",   // Documentation.
    "224.0.0.0/4",      // Groups.
    "240.0.0.0/4",      // Reserved, and broadcast.
    "2001::/23",        // Protocol assignments: Teredo tunnels, benchmarks, overlays.
    "2001:db8::/32",    // Documentation.
    "2002::/16",        // 6to4 tunnels.
    "3ffe::/16",        // The former test network.
    "3fff::/20",        // Documentation.
};
// All else of IPv6 is no public unicast: ::, ::1, IPv4 inside (::ffff:0:0/96, 64:ff9b::/96 and
// 64:ff9b:1::/48), fc00::/7, fe80::/10, fec0::/10, ff00::/8, and what is not given out yet.
constexpr std::string_view kPublicV6 = "2000::/3";

}  // namespace

std::optional<IpAddress> parse_address(std::string_view text) {
  const std::string terminated(text);
  if (terminated.size() != std::strlen(terminated.c_str())) return std::nullopt;
  IpAddress address;
  if (::inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) return address;
  address.is_v6 = true;
  if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::optional<IpAddress> address_of(const sockaddr& address) {
  IpAddress found;
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    std::memcpy(found.bytes.data(), &v4.sin_addr, sizeof(v4.sin_addr));
    return found;
  }
  if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    found.is_v6 = true;
    std::memcpy(found.bytes.data(), &v6.sin6_addr, sizeof(v6.sin6_addr));
    return found;
  }
  return std::nullopt;
}

bool IpRange::contains(const IpAddress& address) const {
  if (address.is_v6 != base.is_v6) return false;
  for (int bit = 0; bit < prefix; bit += 8) {
    const auto i = static_cast<std::size_t>(bit / 8);
    const int differing = address.bytes[i] ^ base.bytes[i];
    const int unimportant = std::max(0, 8 - (prefix - bit));
    if (differing >> unimportant != 0) return false;
  }
  return true;
}

Result<IpRange> parse_range(std::string_view text) {
  const auto invalid = [text](std::string_view why) {
    return Error{Errc::kInvalid,
                 "'" + std::string(text) + "' is no address range: " + std::string(why)};
  };
  const auto slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return invalid("it does not begin with an IP address");
  const int bits = address->is_v6 ? 128 : 32;
  IpRange range{*address, bits};
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, code] =
        std::from_chars(digits.data(), digits.data() + digits.size(), range.prefix);
    const bool is_number = code == std::errc() && end == digits.data() + digits.size();
    if (!is_number || range.prefix < 0 || range.prefix > bits) {
      return invalid("what follows '/' is not 0 to " + std::to_string(bits));
    }
  }
  for (int bit = range.prefix; bit < bits; ++bit) {
    const int byte = range.base.bytes[static_cast<std::size_t>(bit / 8)];
    if ((byte >> (7 - bit % 8) & 1) != 0) return invalid("it has bits set behind its prefix");
  }
  return range;
}

bool is_public(const IpAddress& address) {
  static const std::vector<IpRange> refused = [] {
    std::vector<IpRange> ranges;
    for (const auto text : kNotPublic)
      ranges.push_back(*parse_range(text));
    return ranges;
  }();
  static const IpRange unicast = *parse_range(kPublicV6);
  if (address.is_v6 && !unicast.contains(address)) return false;
  return std::none_of(refused.begin(), refused.end(),
                      [&](const IpRange& range) { return range.contains(address); });
}

}  // namespace engine::http
