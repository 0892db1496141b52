#include "queue/bullmq_url.h"

#include <gtest/gtest.h>

namespace engine::bullmq {
namespace {

TEST(BullmqUrl, NeedsOnlyAHost) {
  const auto url = parse_url("redis://redis.example");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->address.host, "redis.example");
  EXPECT_EQ(url->address.port, 6379);
  EXPECT_EQ(url->address.database, 0);
  EXPECT_EQ(url->queue, "submissions");
  EXPECT_EQ(url->prefix, "bull");
}

TEST(BullmqUrl, ReadsEveryPart) {
  const auto url = parse_url("redis://judge:p%40ss:w%2Frd@[::1]:7000/3?queue=my%20jobs&prefix={b}");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->address.user, "judge");
  EXPECT_EQ(url->address.password, "p@ss:w/rd");
  EXPECT_EQ(url->address.host, "::1");
  EXPECT_EQ(url->address.port, 7000);
  EXPECT_EQ(url->address.database, 3);
  EXPECT_EQ(url->queue, "my jobs");
  EXPECT_EQ(url->prefix, "{b}");
}

TEST(BullmqUrl, TheUserMayBeAbsent) {
  const auto url = parse_url("redis://:secret@localhost/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->address.user, "");
  EXPECT_EQ(url->address.password, "secret");
}

TEST(BullmqUrl, NamesAUnixSocket) {
  const auto url = parse_url("unix://:secret@/run/redis/redis.sock?db=2&queue=q");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->address.host, "");
  EXPECT_EQ(url->address.path, "/run/redis/redis.sock");
  EXPECT_EQ(url->address.password, "secret");
  EXPECT_EQ(url->address.database, 2);
  EXPECT_EQ(parse_url("unix:/run/redis.sock")->address.path, "/run/redis.sock");
}

TEST(BullmqUrl, RefusesWhatItDoesNotUnderstandWithoutTellingThePassword) {
  for (const char* wrong : {"",
                            "redis",
                            "http://a",
                            "redis://",
                            "redis://:6379",
                            "redis://a:0",
                            "redis://a:65536",
                            "redis://a:x",
                            "redis://a:",
                            "redis://a/x",
                            "redis://a/-1",
                            "redis://a/1/2",
                            "redis://[::1",
                            "redis://[::1]7",
                            "redis://secret@a",
                            "redis://u:@a",
                            "redis://u:secret%@a",
                            "redis://u:secret%4@a",
                            "redis://a?queue=",
                            "redis://a?queue=b:c",
                            "redis://a?prefix=",
                            "redis://a?db=1",
                            "redis://a?secret=1",
                            "redis://a?queue",
                            "unix:",
                            "unix:a",
                            "unix://a",
                            "unix:/a?db=x"}) {
    const auto url = parse_url(wrong);
    ASSERT_FALSE(url) << wrong;
    EXPECT_EQ(url.error().code, Errc::kInvalid) << wrong;
    EXPECT_EQ(url.error().message.find("secret"), std::string::npos) << wrong;
  }
}

TEST(BullmqUrl, SaysWhatToDoAboutTls) {
  const auto url = parse_url("rediss://a");
  ASSERT_FALSE(url);
  EXPECT_NE(url.error().message.find("stunnel"), std::string::npos);
}

}  // namespace
}  // namespace engine::bullmq
