#include "headers/header_disk.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/testing/test_directory.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

constexpr char kFile[] = "bits/stdc++.h";

class HeaderDiskTest : public ::testing::Test {
 protected:
  HeaderDiskTest() { open(); }

  void open(Bytes most = 1_MiB) {
    disk_ = std::make_unique<HeaderDisk>(directory_.path(), most, Bytes{0}, system_clock());
  }
  bool put(const std::string& key, std::size_t size = 1'000) {
    return disk_->put(key, kFile, "text\n", std::string(size, 'x')).has_value();
  }
  bool is_good(const std::string& key) { return disk_->is_as_checked(key, kFile); }
  bool check(const std::string& key) { return disk_->check(key, kFile); }
  fs::path path(const std::string& name) const { return fs::path(directory_.path()) / name; }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::directory_iterator(directory_.path()))
      all.push_back(entry.path().filename());
    return all;
  }
  // What the owner of the files might do, and nobody else.
  void change(const std::string& name, const std::string& content) const {
    fs::permissions(path(name), fs::perms::owner_all);
    std::ofstream(path(name), std::ios::binary) << content;
  }

  TestDirectory directory_;
  std::unique_ptr<HeaderDisk> disk_;
};

TEST_F(HeaderDiskTest, WhatWasPutIsThereForThoseWhoKnowItsName) {
  EXPECT_FALSE(is_good("k"));
  EXPECT_FALSE(check("k"));
  ASSERT_TRUE(put("k"));
  EXPECT_TRUE(is_good("k"));
  EXPECT_TRUE(check("k"));
  struct stat status{};
  for (const char* directory : {"k", "k/bits"}) {
    ASSERT_EQ(::stat(path(directory).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0711U) << directory;
  }
  for (const char* file : {"k/bits/stdc++.h", "k/bits/stdc++.h.gch"}) {
    ASSERT_EQ(::stat(path(file).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0444U) << file;
  }
  EXPECT_GE(disk_->held(), Bytes{1'000});
}

TEST_F(HeaderDiskTest, AnotherProcessChecksFirst) {
  ASSERT_TRUE(put("k"));
  open();
  EXPECT_FALSE(is_good("k"));
  EXPECT_TRUE(check("k"));
  EXPECT_TRUE(is_good("k"));
}

TEST_F(HeaderDiskTest, WhatWasChangedIsOfNoUseAndThrownAway) {
  for (const char* file : {"k/bits/stdc++.h", "k/bits/stdc++.h.gch", "k/digest"}) {
    for (const char* content : {"", "evil", "a text that is a little longer than what was there"}) {
      ASSERT_TRUE(put("k"));
      change(file, content);
      EXPECT_EQ(is_good("k"), std::string(file) == "k/digest") << file;
      EXPECT_FALSE(check("k")) << file << " " << content;
      EXPECT_FALSE(fs::exists(path("k")));
      EXPECT_FALSE(is_good("k"));
    }
  }
}

TEST_F(HeaderDiskTest, AnotherSSetIsOfNoUse) {
  ASSERT_TRUE(put("k"));
  fs::rename(path("k"), path("l"));
  EXPECT_FALSE(is_good("k"));
  EXPECT_FALSE(check("l"));
}

TEST_F(HeaderDiskTest, AHalfWrittenOneIsRemoved) {
  fs::create_directories(path("k.part/bits"));
  std::ofstream(path("k.part/bits/stdc++.h")) << "half";
  open();
  EXPECT_TRUE(names().empty());
}

TEST_F(HeaderDiskTest, WhatWasUsedLongestAgoGoesFirst) {
  open(Bytes{400'000});
  auto used = fs::file_time_type::clock::now() - std::chrono::hours(1);
  for (const char* key : {"a", "b", "c"}) {
    ASSERT_TRUE(put(key, 100'000));
    fs::last_write_time(path(key), used += std::chrono::seconds(1));
  }
  EXPECT_TRUE(is_good("a"));
  ASSERT_TRUE(put("d", 100'000));
  EXPECT_TRUE(is_good("a"));
  EXPECT_FALSE(is_good("b"));
  EXPECT_TRUE(is_good("d"));
  EXPECT_LE(disk_->held(), Bytes{400'000});
}

TEST_F(HeaderDiskTest, OneThatIsTooLargeIsNotKept) {
  open(Bytes{100'000});
  const auto refused = disk_->put("k", kFile, "text\n", std::string(60'000, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kOverloaded);
  EXPECT_TRUE(names().empty());
}

TEST_F(HeaderDiskTest, AFullDiskGetsNothing) {
  disk_ = std::make_unique<HeaderDisk>(directory_.path(), 1_MiB, Bytes{std::int64_t{1} << 60},
                                       system_clock());
  EXPECT_FALSE(put("k"));
  EXPECT_TRUE(names().empty());
}

TEST_F(HeaderDiskTest, WhatIsRemovedIsGone) {
  ASSERT_TRUE(put("k"));
  disk_->remove("k");
  EXPECT_FALSE(is_good("k"));
  EXPECT_TRUE(names().empty());
}

}  // namespace
}  // namespace engine
