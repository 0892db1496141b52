#include "app/temporary_directory.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace engine::app {

Result<TemporaryDirectory> TemporaryDirectory::make() {
  std::error_code ec;
  std::string path =
      (std::filesystem::temp_directory_path(ec) / "execution-engine.XXXXXX").string();
  if (ec || ::mkdtemp(path.data()) == nullptr) {
    return Error{Errc::kUnavailable, "no temporary directory can be made at " + path};
  }
  return TemporaryDirectory(std::move(path));
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TemporaryDirectory::~TemporaryDirectory() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace engine::app
