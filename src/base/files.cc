#include "base/files.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace engine::files {
namespace {

Errc code_of(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return Errc::kOverloaded;
    case ENOENT: return Errc::kNotFound;
    default: return Errc::kUnavailable;
  }
}

}  // namespace

Error error(std::string_view what, const std::string& path, int error_number) {
  return {code_of(error_number),
          std::string(what) + " '" + path + "': " + std::generic_category().message(error_number),
          {}};
}

Result<Fd> open(const std::string& path, int flags) {
  Fd file(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW));
  if (!file.is_open()) return error("cannot open", path, errno);
  return file;
}

Result<Fd> create(const std::string& path) {
  Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.is_open()) return error("cannot make", path, errno);
  return file;
}

Result<bool> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return true;
  if (errno == EEXIST) return false;
  return error("cannot make the directory", path, errno);
}

Status write_all(const Fd& file, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return error("cannot write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return Ok{};
}

Result<std::string> read_at(const Fd& file, std::int64_t offset, std::int64_t size,
                            const std::string& path) {
  std::string bytes(static_cast<std::size_t>(size), '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::pread(file.get(), bytes.data() + filled, bytes.size() - filled,
                                offset + static_cast<std::int64_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return error("cannot read", path, errno);
    if (got == 0) return Error{Errc::kNotFound, "'" + path + "' ends too early", {}};
    filled += static_cast<std::size_t>(got);
  }
  return bytes;
}

std::vector<Entry> oldest_first(const std::string& directory) {
  std::vector<std::pair<timespec, Entry>> found;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ec)) {
    struct stat status{};
    if (::lstat(entry.path().c_str(), &status) != 0) continue;
    Entry kept{.name = entry.path().filename(), .path = entry.path(), .size = status.st_size};
    found.emplace_back(status.st_mtim, std::move(kept));
  }
  std::ranges::sort(found, {},
                    [](const auto& one) { return std::pair(one.first.tv_sec, one.first.tv_nsec); });
  std::vector<Entry> entries;
  entries.reserve(found.size());
  for (auto& one : found)
    entries.push_back(std::move(one.second));
  return entries;
}

Status sync_directory(const std::string& path) {
  TRY(const Fd directory, open(path, O_RDONLY | O_DIRECTORY));
  if (::fsync(directory.get()) != 0) return error("cannot sync", path, errno);
  return Ok{};
}

}  // namespace engine::files
