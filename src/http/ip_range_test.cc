#include "http/ip_range.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine::http {
namespace {

using ::testing::HasSubstr;

TEST(IpAddress, PublicOnesArePublic) {
  for (const char* text :
       {"1.1.1.1",         "8.8.8.8",     "9.255.255.255",        "11.0.0.0",
        "100.63.255.255",  "100.128.0.0", "126.255.255.255",      "128.0.0.0",
        "169.253.255.255", "169.255.0.0", "172.15.255.255",       "172.32.0.0",
        "192.0.1.0",       "192.0.3.0",   "192.167.255.255",      "192.169.0.0",
        "198.17.255.255",  "198.20.0.0",  "198.51.99.255",        "203.0.114.0",
        "223.255.255.255", "2001:200::1", "2001:4860:4860::8888", "2606:4700::1111",
        "2a00::1",         "2003::1"}) {
    EXPECT_TRUE(is_public(parse_address(text).value())) << text;
  }
}

TEST(IpAddress, OthersAreNot) {
  for (const char* text : {"0.0.0.0",      "0.255.255.255",   "10.0.0.0",   "10.255.255.255",
                           "100.64.0.0",   "100.127.255.255", "127.0.0.1",  "127.255.255.255",
                           "169.254.0.0",  "169.254.169.254", "172.16.0.0", "172.31.255.255",
                           "192.0.0.0",    "192.0.0.170",     "192.0.2.1",  "192.88.99.1",
                           "192.168.0.0",  "192.168.255.255", "198.18.0.0", "198.19.255.255",
                           "198.51.100.7", "203.0.113.7",     "224.0.0.1",  "239.255.255.255",
                           "240.0.0.0",    "255.255.255.255"}) {
    EXPECT_FALSE(is_public(parse_address(text).value())) << text;
  }
}

TEST(IpAddress, OthersOfIpv6AreNot) {
  for (const char* text : {"::",
                           "::1",
                           "::127.0.0.1",
                           "::8.8.8.8",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::ffff:8.8.8.8",
                           "::ffff:0:8.8.8.8",
                           "64:ff9b::7f00:1",
                           "64:ff9b::808:808",
                           "64:ff9b:1::1",
                           "100::1",
                           "1fff:ffff::1",
                           "2001::1",
                           "2001:0:4136:e378::1",
                           "2001:2::1",
                           "2001:10::1",
                           "2001:20::1",
                           "2001:1ff::1",
                           "2001:db8::1",
                           "2002:7f00:1::",
                           "2002:808:808::",
                           "3ffe::1",
                           "3fff::1",
                           "4000::1",
                           "5f00::1",
                           "fc00::1",
                           "fd00::2",
                           "fdff::1",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "ff02::1",
                           "ffff::1"}) {
    EXPECT_FALSE(is_public(parse_address(text).value())) << text;
  }
}

// Only the standard form is an address; what inet_aton takes too is a name to be looked up.
TEST(IpAddress, OtherSpellingsAreNone) {
  for (const char* text : {"", "1", "127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "1.2.3.4.5",
                           "256.1.1.1", " 1.2.3.4", "::g", "fe80::1%lo", "[::1]", "localhost"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
  EXPECT_FALSE(parse_address(std::string_view("1.2.3.4\0", 8)));
}

struct Contained {
  const char* range;
  const char* inside;
  const char* outside;
};

TEST(IpRange, ContainsWhatSharesItsPrefix) {
  const Contained cases[] = {
      {"10.1.0.0/16",   "10.1.255.255",    "10.2.0.0"        },
      {"10.1.2.3",      "10.1.2.3",        "10.1.2.2"        },
      {"10.1.2.3/32",   "10.1.2.3",        "10.1.2.4"        },
      {"172.16.0.0/12", "172.31.9.9",      "172.32.0.0"      },
      {"128.0.0.0/1",   "255.0.0.0",       "127.0.0.0"       },
      {"0.0.0.0/0",     "8.8.8.8",         "::"              },
      {"::/0",          "ff::1",           "0.0.0.0"         },
      {"fd00:1:2::/47", "fd00:1:3:ffff::", "fd00:1:4::"      },
      {"::1/128",       "::1",             "::2"             },
      {"127.0.0.1/32",  "127.0.0.1",       "::ffff:127.0.0.1"},
  };
  for (const auto& test : cases) {
    const auto range = parse_range(test.range);
    ASSERT_TRUE(range) << test.range;
    EXPECT_TRUE(range->contains(parse_address(test.inside).value())) << test.range;
    EXPECT_FALSE(range->contains(parse_address(test.outside).value())) << test.range;
  }
}

TEST(IpRange, WhatIsNoneIsSaid) {
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
                           "10.0.0.0/ 8", "::/129", "10.0.0.1/8", "fd00::1/64", "host/8"}) {
    const auto range = parse_range(text);
    ASSERT_FALSE(range) << text;
    EXPECT_EQ(range.error().code, Errc::kInvalid);
    EXPECT_THAT(range.error().message, HasSubstr("is no address range"));
  }
}

}  // namespace
}  // namespace engine::http
