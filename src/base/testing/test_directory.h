#pragma once

#include <filesystem>
#include <string>

#include "base/random.h"

namespace engine {

// An empty directory for one test, removed with all that is in it at the end.
class TestDirectory {
 public:
  TestDirectory() { std::filesystem::create_directory(path_); }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  ~TestDirectory() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }

 private:
  const std::string path_ =
      (std::filesystem::temp_directory_path() / ("engine-test-" + random_uuid())).string();
};

}  // namespace engine
