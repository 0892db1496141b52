#include "http/address_guard.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include <ifaddrs.h>

namespace engine::http {

AddressGuard::AddressGuard(std::vector<IpRange> allow, Addresses own)
    : allow_(std::move(allow)), own_(std::move(own)) {}

bool AddressGuard::permits(const IpAddress& address) const {
  const auto holds = [&](const IpRange& range) { return range.contains(address); };
  if (std::any_of(allow_.begin(), allow_.end(), holds)) return true;
  if (!is_public(address)) return false;
  const auto own = own_();
  return std::find(own.begin(), own.end(), address) == own.end();
}

Result<std::vector<IpRange>> parse_ranges(const std::vector<std::string>& ranges) {
  std::vector<IpRange> parsed;
  for (const auto& text : ranges) {
    TRY(parsed.emplace_back(), parse_range(text));
  }
  return parsed;
}

std::vector<IpAddress> own_addresses() {
  ifaddrs* raw = nullptr;
  if (::getifaddrs(&raw) != 0) {
    throw std::system_error(errno, std::generic_category(), "getifaddrs");
  }
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> list(raw, &::freeifaddrs);
  std::vector<IpAddress> addresses;
  for (const ifaddrs* entry = list.get(); entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr) continue;
    if (const auto address = address_of(*entry->ifa_addr)) addresses.push_back(*address);
  }
  return addresses;
}

}  // namespace engine::http
