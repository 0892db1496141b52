#include "base/files.h"

#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/testing/test_directory.h"

namespace engine {
namespace {

TEST(Files, ThoseOfADirectoryAreListedOldestFirst) {
  const TestDirectory directory;
  const std::vector<std::string> names{"second", "first", "third"};
  const std::vector<time_t> times{2'000, 1'000, 2'001};
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string path = directory.path() + "/" + names[i];
    const auto file = files::create(path);
    ASSERT_TRUE(file);
    ASSERT_TRUE(files::write_all(*file, names[i], path));
    const timespec changed[2] = {
        {times[i], 0},
        {times[i], 0}
    };
    ASSERT_EQ(::futimens(file->get(), changed), 0);
  }
  const auto entries = files::oldest_first(directory.path());
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].name, "first");
  EXPECT_EQ(entries[1].path, directory.path() + "/second");
  EXPECT_EQ(entries[2].size, 5);
  EXPECT_TRUE(files::oldest_first(directory.path() + "/none").empty());
}

}  // namespace
}  // namespace engine
