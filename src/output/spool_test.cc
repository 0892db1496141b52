#include "output/spool.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/test_directory.h"

namespace engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

class SpoolTest : public ::testing::Test {
 protected:
  void open(Bytes most = 1_MiB) {
    spool_.reset();
    auto opened = Spool::open(path_, most);
    ASSERT_TRUE(opened) << opened.error().message;
    spool_ = *std::move(opened);
  }

  TestDirectory directory_;
  const std::string path_ = directory_.path() + "/spool";
  const Spool::Key key_{{"9b2d0f6e-0000-4000-8000-000000000000"}, 2};
  const std::vector<Object> objects_{
      {"log.txt", std::string("a\0b", 3)},
      {"runs/0/stdout.txt", ""}
  };
  std::unique_ptr<Spool> spool_;
};

TEST_F(SpoolTest, KeepsWhatItWasGivenOverARestart) {
  open();
  ASSERT_TRUE(spool_->put(key_, objects_));
  open();
  EXPECT_THAT(spool_->keys(), ElementsAre(key_));
  const auto kept = spool_->get(key_);
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(*kept, objects_);
}

TEST_F(SpoolTest, ForgetsWhatIsRemoved) {
  open();
  ASSERT_TRUE(spool_->put(key_, objects_));
  spool_->remove(key_);
  EXPECT_THAT(spool_->keys(), IsEmpty());
  EXPECT_EQ(spool_->get(key_).error().code, Errc::kNotFound);
}

TEST_F(SpoolTest, RefusesMoreThanItsMeasure) {
  open(Bytes{10});
  ASSERT_TRUE(spool_->put(key_, objects_));
  EXPECT_TRUE(spool_->is_full());
  EXPECT_EQ(spool_->put({key_.id, 3}, objects_).error().code, Errc::kOverloaded);
  open(Bytes{10});
  EXPECT_TRUE(spool_->is_full()) << "what an earlier life left counts as well";
  spool_->remove(key_);
  EXPECT_FALSE(spool_->is_full());
}

TEST_F(SpoolTest, LeavesOutWhatACrashLeftUnfinished) {
  open();
  std::ofstream(path_ + "/" + key_.id.text + ".2.pack.part") << "half";
  open();
  EXPECT_THAT(spool_->keys(), IsEmpty());
  EXPECT_TRUE(fs::is_empty(path_));
}

TEST_F(SpoolTest, SaysWhenAFileHasChanged) {
  open();
  ASSERT_TRUE(spool_->put(key_, objects_));
  const fs::path file = fs::directory_iterator(path_)->path();
  {
    std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(static_cast<std::streamoff>(fs::file_size(file)) - 1);
    out << 'X';
  }
  EXPECT_EQ(spool_->get(key_).error().code, Errc::kInternal);
}

TEST_F(SpoolTest, StrangeNamesAreNobodysKeys) {
  open();
  for (const char* name : {"x", ".pack", "id.pack", "id.x.pack", "id.99999999999.pack"})
    std::ofstream(path_ + "/" + name) << "x";
  EXPECT_THAT(spool_->keys(), IsEmpty());
}

}  // namespace
}  // namespace engine
