#include "http/address_guard.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace engine::http {
namespace {

IpAddress address(std::string_view text) {
  return parse_address(text).value();
}

TEST(AddressGuard, PermitsPublicAddressesThatAreNotOurs) {
  const AddressGuard guard({}, [] { return std::vector{address("8.8.8.8"), address("2a00::1")}; });
  EXPECT_TRUE(guard.permits(address("8.8.4.4")));
  EXPECT_TRUE(guard.permits(address("2a00::2")));
  EXPECT_FALSE(guard.permits(address("8.8.8.8")));
  EXPECT_FALSE(guard.permits(address("2a00::1")));
  EXPECT_FALSE(guard.permits(address("10.0.0.1")));
}

TEST(AddressGuard, PermitsWhatTheOperatorAllows) {
  const auto ranges = parse_ranges({"10.1.0.0/16", "fd00::/8", "8.8.8.8"});
  ASSERT_TRUE(ranges);
  const AddressGuard guard(*ranges, [] { return std::vector{address("8.8.8.8")}; });
  EXPECT_TRUE(guard.permits(address("10.1.2.3")));
  EXPECT_TRUE(guard.permits(address("fd00::1")));
  EXPECT_TRUE(guard.permits(address("8.8.8.8")));
  EXPECT_FALSE(guard.permits(address("10.2.0.0")));
  EXPECT_FALSE(guard.permits(address("::ffff:10.1.2.3")));
}

TEST(AddressGuard, KnowsTheAddressesOfThisHost) {
  const auto own = own_addresses();
  EXPECT_NE(std::find(own.begin(), own.end(), address("127.0.0.1")), own.end());
}

TEST(AddressGuard, ABrokenRangeIsRefused) {
  EXPECT_FALSE(parse_ranges({"10.0.0.0/8", "10.0.0.0/99"}));
}

}  // namespace
}  // namespace engine::http
