// What the local output promises beyond the contract: what becomes of damaged files, full disks and
// crashes.
#include <csignal>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/random.h"
#include "base/testing/test_directory.h"
#include "output/output.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

// While it lives, no file of this process grows past `limit`: the disk as good as full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t limit) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit lowered{.rlim_cur = limit, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &lowered);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);  // NOLINT(cert-err33-c): it was there before.
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

class LocalOutput : public ::testing::Test {
 protected:
  std::string pack_path(int attempt = 1) const {
    return directory_.path() + "/" + id_.text.substr(0, 2) + "/" + id_.text + "/" +
           std::to_string(attempt) + ".pack";
  }
  int count_files() const {
    int files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(directory_.path()))
      files += entry.is_regular_file() ? 1 : 0;
    return files;
  }
  Errc fault(std::string_view name, Output::Range range = {}) {
    const auto bytes = output_->get(id_, 1, name, range);
    return bytes ? Errc{-1} : bytes.error().code;
  }

  TestDirectory directory_;
  LinkSigner signer_{"key", "http://localhost", system_clock()};
  const SubmissionId id_{random_uuid()};
  const std::vector<Object> objects_{
      {"log.txt",    "what was said" },
      {"stdout.txt", "what was shown"}
  };
  std::unique_ptr<Output> output_ = *make_local_output(directory_.path(), signer_);
};

TEST_F(LocalOutput, KeepsOneFileForAnAttemptThatOnlyWeMayRead) {
  ASSERT_TRUE(output_->put(id_, 1, objects_));
  EXPECT_EQ(count_files(), 1);
  struct stat status{};
  ASSERT_EQ(::stat(pack_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(LocalOutput, EveryTruncationIsNotFoundAndNoCrash) {
  ASSERT_TRUE(output_->put(id_, 1, objects_));
  for (auto size = static_cast<std::int64_t>(fs::file_size(pack_path())) - 1; size >= 0; --size) {
    fs::resize_file(pack_path(), static_cast<std::uintmax_t>(size));
    ASSERT_EQ(fault("stdout.txt"), Errc::kNotFound) << size;
  }
}

TEST_F(LocalOutput, EveryFlippedBitIsNoticed) {
  ASSERT_TRUE(output_->put(id_, 1, objects_));
  std::fstream pack(pack_path(), std::ios::in | std::ios::out | std::ios::binary);
  const auto size = static_cast<std::int64_t>(fs::file_size(pack_path()));
  const auto stdout_at = size - static_cast<std::int64_t>(objects_[1].bytes.size());
  const auto log_at = stdout_at - static_cast<std::int64_t>(objects_[0].bytes.size());
  for (std::int64_t i = 0; i < size; ++i) {
    pack.seekg(i);
    const char before = static_cast<char>(pack.get());
    pack.seekp(i).put(static_cast<char>(before ^ 0x10)).flush();
    const bool in_log = i >= log_at && i < stdout_at;
    EXPECT_EQ(fault(in_log ? "log.txt" : "stdout.txt"), Errc::kNotFound) << i;
    pack.seekp(i).put(before).flush();
  }
  EXPECT_TRUE(output_->get(id_, 1, "stdout.txt", {}));
}

TEST_F(LocalOutput, AFullDiskIsOverloadedAndLeavesNothing) {
  {
    const FullDisk full(1'000);
    EXPECT_EQ(output_
                  ->put(id_, 1,
                        {
                            {"big", std::string(5'000, 'x')}
    })
                  .error()
                  .code,
              Errc::kOverloaded);
  }
  EXPECT_EQ(count_files(), 0);
  EXPECT_TRUE(output_->put(id_, 1,
                           {
                               {"big", std::string(5'000, 'x')}
  }));
}

TEST_F(LocalOutput, AFullDiskLeavesTheEarlierPut) {
  ASSERT_TRUE(output_->put(id_, 1, objects_));
  const FullDisk full(1'000);
  EXPECT_FALSE(output_->put(id_, 1,
                            {
                                {"log.txt", std::string(5'000, 'x')}
  }));
  EXPECT_EQ(*output_->get(id_, 1, "log.txt", {}), "what was said");
}

TEST_F(LocalOutput, WhatCannotBeKeptIsSaidAtTheStart) {
  const auto nowhere = make_local_output("/nonexistent/outputs", signer_);
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, Errc::kUnavailable);
  EXPECT_THAT(nowhere.error().message, ::testing::HasSubstr("/nonexistent/outputs"));
}

TEST_F(LocalOutput, AStartRemovesWhatACrashLeft) {
  ASSERT_TRUE(output_->put(id_, 1, objects_));
  const fs::path half = directory_.path() + "/tmp/half-written";
  std::ofstream(half) << "half";
  output_ = *make_local_output(directory_.path(), signer_);
  EXPECT_EQ(count_files(), 2);  // Another process may be writing it.
  fs::last_write_time(half, fs::file_time_type::clock::now() - std::chrono::hours{2});
  output_ = *make_local_output(directory_.path(), signer_);
  EXPECT_EQ(count_files(), 1);
  EXPECT_TRUE(output_->get(id_, 1, "log.txt", {}));
}

TEST_F(LocalOutput, RemovingLeavesNoDirectory) {
  ASSERT_TRUE(output_->put(id_, 1, objects_));
  ASSERT_TRUE(output_->remove(id_));
  EXPECT_FALSE(fs::exists(fs::path(pack_path()).parent_path()));
}

TEST_F(LocalOutput, DoesNotFollowALinkThatSomebodyPutThere) {
  ASSERT_TRUE(output_->put(id_, 1, objects_));
  fs::rename(pack_path(), directory_.path() + "/elsewhere");
  fs::create_symlink(directory_.path() + "/elsewhere", pack_path());
  EXPECT_FALSE(output_->get(id_, 1, "log.txt", {}));
}

}  // namespace
}  // namespace engine
