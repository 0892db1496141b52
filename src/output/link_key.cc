#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/log.h"
#include "base/random.h"
#include "output/output.h"

namespace engine {
namespace {

constexpr std::size_t kKeySize = 32;

Result<std::string> load(const std::string& path) {
  TRY(const Fd file, files::open(path, O_RDONLY));
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return files::error("cannot look at", path, errno);
  if (status.st_size != kKeySize) {
    return Error{Errc::kInternal,
                 "the link key '" + path +
                     "' does not hold 32 bytes; without it a new one is made" +
                     " and all links that were given out end",
                 {}};
  }
  if ((status.st_mode & 077) != 0) {
    log::warning("the link key may be read by other users", {
                                                                {"path", path}
    });
  }
  return files::read_at(file, 0, kKeySize, path);
}

// Written whole under another name first: a crash never leaves half a key.
Status make(const std::string& path) {
  const std::string temporary = path + "." + random_uuid();
  TRY(const Fd file, files::create(temporary));
  Status status = files::write_all(file, random_bytes(kKeySize), temporary);
  if (status && ::fsync(file.get()) != 0) status = files::error("cannot sync", temporary, errno);
  // Unlike rename(), link() leaves the key of another process that was quicker.
  if (status && ::link(temporary.c_str(), path.c_str()) != 0 && errno != EEXIST) {
    status = files::error("cannot make", path, errno);
  }
  ::unlink(temporary.c_str());
  CHECK_OK(status);
  const std::string directory = std::filesystem::path(path).parent_path();
  return files::sync_directory(directory.empty() ? "." : directory);
}

}  // namespace

Result<std::string> load_or_make_link_key(const std::string& path) {
  auto key = load(path);
  if (key || key.error().code != Errc::kNotFound) return key;
  CHECK_OK(make(path));
  return load(path);
}

}  // namespace engine
