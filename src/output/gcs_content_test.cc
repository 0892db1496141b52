#include "output/gcs_content.h"

#include <gtest/gtest.h>

#include "output/gcs_manifest.h"

namespace engine::gcs {
namespace {

TEST(GcsChecksums, AreThoseThatGoogleGives) {
  EXPECT_EQ(checksums_of("123456789").crc32c,
            "4waSgw==");  // 0xE3069283, the CRC's own check value.
  EXPECT_EQ(checksums_of("").crc32c, "AAAAAA==");
  EXPECT_EQ(checksums_of("").md5, "1B2M2Y8AsgTpgAmY7PhCfg==");
}

TEST(GcsGzip, GivesBackWhatWasPackedAndIsTheSameEachTime) {
  for (const std::string& bytes : {std::string(), std::string("a"), std::string(100'000, 'x')}) {
    const std::string packed = gzip(bytes);
    EXPECT_EQ(packed, gzip(bytes));
    EXPECT_EQ(*gunzip(packed, bytes.size()), bytes);
  }
}

TEST(GcsGzip, WhatIsNotExactlyThatIsDamaged) {
  const std::string packed = gzip(std::string(10'000, 'x'));
  EXPECT_FALSE(gunzip(packed, 9'999));
  EXPECT_FALSE(gunzip(packed, 10'001));
  EXPECT_FALSE(gunzip(packed + "x", 10'000));
  EXPECT_FALSE(gunzip("", 0));
  for (std::size_t size = 0; size < packed.size(); ++size)
    EXPECT_FALSE(gunzip(packed.substr(0, size), 10'000));
}

TEST(GcsManifest, GivesBackWhatWasWritten) {
  const std::string manifest = to_manifest({
      {.name = "a",      .size = 5,     .stored = 5,  .generation = "17", .md5 = "m"     },
      {.name = "b \"\n", .size = 9'000, .stored = 80, .generation = "18", .is_gzip = true}
  });
  const auto a = find_in_manifest(manifest, "a");
  ASSERT_TRUE(a);
  EXPECT_EQ(a->size, 5);
  EXPECT_EQ(a->generation, "17");
  EXPECT_EQ(a->md5, "m");
  EXPECT_FALSE(a->is_gzip);
  const auto b = find_in_manifest(manifest, "b \"\n");
  ASSERT_TRUE(b);
  EXPECT_EQ(b->stored, 80);
  EXPECT_TRUE(b->is_gzip);
  EXPECT_EQ(find_in_manifest(manifest, "c").error().code, Errc::kNotFound);
}

TEST(GcsManifest, WhatIsNoneIsDamaged) {
  for (const char* text :
       {"", "[]", "{}", "null", R"({"version":2,"outputs":[]})", R"({"version":1})",
        R"({"version":1,"outputs":[1]})", R"({"version":1,"outputs":[{"name":"a"}]})",
        R"({"version":1,"outputs":[{"name":"a","size":-1,"stored":-1}]})",
        R"({"version":1,"outputs":[{"name":"a","size":1,"stored":2,"generation":"1"}]})"}) {
    EXPECT_EQ(find_in_manifest(text, "a").error().code, Errc::kUnavailable) << text;
  }
}

}  // namespace
}  // namespace engine::gcs
